package dev.backplane.kernel.internal.file;

import dev.backplane.api.part.ConfigurationException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Puts values in place of those of a VM file, by dotted key: {@code cpu.type}, {@code devices.com1.port}, {@code
 * devices[0].port}. A value is read as YAML. Maps on the way are made; items of a list must be there.
 */
public final class Overrides {
    private static final Pattern STEP = Pattern.compile("([^\\[\\]]+)((?:\\[[0-9]{1,4}])*)");

    private Overrides() {}

    /**
     * Puts them in place.
     *
     * @param file the map
     * @param overrides values by key
     * @return a new map
     * @throws ConfigurationException when a key leads nowhere
     */
    public static Node.Mapping apply(Node.Mapping file, Map<String, String> overrides) throws ConfigurationException {
        Node.Mapping result = file;
        for (Map.Entry<String, String> override : new TreeMap<>(overrides).entrySet()) {
            // A word from the command line is text even where it is no YAML of its own, for instance "@home".
            Node value = value(override.getValue());
            result = (Node.Mapping) put(result, steps(override.getKey()), value, override.getKey());
        }
        return result;
    }

    private static Node value(String text) {
        try {
            return YamlTree.read("", text);
        } catch (ConfigurationException e) {
            return new Node.Scalar(Mark.NOWHERE, text, true);
        }
    }

    private static List<String> steps(String key) throws ConfigurationException {
        List<String> steps = new ArrayList<>();
        for (String part : key.split("\\.", -1)) {
            Matcher matcher = STEP.matcher(part);
            if (!matcher.matches()) {
                throw new ConfigurationException(
                        "%s: no key: expected for instance cpu.type or devices.com1.port".formatted(key));
            }
            steps.add(matcher.group(1));
            for (String index : matcher.group(2).split("[\\[\\]]+")) {
                if (!index.isEmpty()) {
                    steps.add(index);
                }
            }
        }
        return steps;
    }

    private static Node put(@Nullable Node node, List<String> steps, Node value, String key)
            throws ConfigurationException {
        if (steps.isEmpty()) {
            return value;
        }
        String step = steps.getFirst();
        List<String> rest = steps.subList(1, steps.size());
        if (node instanceof Node.Sequence sequence) {
            List<Node> items = new ArrayList<>(sequence.items());
            int index = index(items, step, key);
            items.set(index, put(items.get(index), rest, value, key));
            return new Node.Sequence(sequence.at(), items);
        }
        Node.Mapping map = node == null ? new Node.Mapping(Mark.NOWHERE, Map.of()) : PartReader.expand(node, key);
        Map<String, Node.Entry> entries = new LinkedHashMap<>(map.entries());
        Node.@Nullable Entry old = entries.get(step);
        Node inner = put(old == null ? null : old.value(), rest, value, key);
        entries.put(step, new Node.Entry(old == null || rest.isEmpty() ? Mark.NOWHERE : old.at(), inner));
        return new Node.Mapping(map.at(), entries);
    }

    /** An item of a list by its {@code id}, or by its number. */
    private static int index(List<Node> items, String step, String key) throws ConfigurationException {
        for (int i = 0; i < items.size(); i++) {
            if (items.get(i) instanceof Node.Mapping item
                    && item.entries().get("id") instanceof Node.Entry id
                    && id.value() instanceof Node.Scalar scalar
                    && scalar.text().equals(step)) {
                return i;
            }
        }
        if (step.matches("[0-9]{1,4}") && Integer.parseInt(step) < items.size()) {
            return Integer.parseInt(step);
        }
        throw new ConfigurationException("%s: \"%s\" is not in the file's list of %d: expected an id or a number from 0"
                .formatted(key, step, items.size()));
    }
}
