package dev.backplane.kernel.internal.file;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a guest can see of a VM file, as text by key: not where its consoles lead to, nor where its boot files lie. In a form
 * that does not depend on how the file is written.
 */
final class GuestVisible {
    private static final String CONSOLE = "console";

    private GuestVisible() {}

    static Map<String, String> of(Node.Mapping file) {
        Map<String, String> shown = new TreeMap<>();
        file.without("name", "clock", "onVacant").entries().forEach((key, entry) -> {
            if (key.equals("boot") && entry.value() instanceof Node.Mapping boot) {
                shown.put("boot", text(boot.without("kernel", "initrd", "modules")));
            } else {
                shown.put(key, text(entry.value()));
            }
        });
        return shown;
    }

    private static String text(Node node) {
        return switch (node) {
            case Node.Scalar scalar -> scalar.text();
            case Node.Sequence sequence ->
                sequence.items().stream().map(GuestVisible::text).collect(Collectors.joining(", ", "[", "]"));
            case Node.Mapping map ->
                new TreeMap<>(map.without(CONSOLE).entries())
                        .entrySet().stream()
                                .map(entry -> entry.getKey() + ": "
                                        + text(entry.getValue().value()))
                                .collect(Collectors.joining(", ", "{", "}"));
        };
    }
}
