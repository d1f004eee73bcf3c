package dev.backplane.kernel.internal.file;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a guest can see of a VM file, as text by key: not where its consoles lead to, nor where its boot files lie. In a form
 * that does not depend on how the file is written.
 */
public final class GuestVisible {
    private static final String[] CONSOLE = {"console"};
    private static final String[] OUTSIDE = {"console", "network"};

    private GuestVisible() {}

    static Map<String, String> of(Node.Mapping file) {
        return of(file, CONSOLE);
    }

    /**
     * What has to stay when a guest goes on from a snapshot: beside consoles, networks may lead to another place, and the CPU backend, the
     * scheduler and what a reset means may be others.
     *
     * @param file a VM file
     * @return text by key
     */
    public static Map<String, String> lasting(Node.Mapping file) {
        return of(file.without("cpu", "scheduler", "onReboot"), OUTSIDE);
    }

    private static Map<String, String> of(Node.Mapping file, String[] hidden) {
        Map<String, String> shown = new TreeMap<>();
        file.without("name", "clock", "onVacant", "onClone", "scheduler")
                .entries()
                .forEach((key, entry) -> {
                    if (key.equals("boot") && entry.value() instanceof Node.Mapping boot) {
                        shown.put("boot", text(boot.without("kernel", "initrd", "modules"), hidden));
                    } else {
                        shown.put(key, text(entry.value(), hidden));
                    }
                });
        return shown;
    }

    private static String text(Node node, String[] hidden) {
        return switch (node) {
            case Node.Scalar scalar -> scalar.text();
            case Node.Sequence sequence ->
                sequence.items().stream().map(item -> text(item, hidden)).collect(Collectors.joining(", ", "[", "]"));
            case Node.Mapping map ->
                new TreeMap<>(map.without(hidden).entries())
                        .entrySet().stream()
                                .map(entry -> entry.getKey() + ": "
                                        + text(entry.getValue().value(), hidden))
                                .collect(Collectors.joining(", ", "{", "}"));
        };
    }
}
