package dev.backplane.kernel.internal.file;

import dev.backplane.api.part.ConfigurationException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * Reads YAML to a tree of {@link Node}s. The text comes from anybody: its length, its depth and the number of values after
 * aliases are expanded are bounded.
 */
public final class YamlTree {
    /** A VM file is written by hand; a longer text is something else. */
    static final int MAX_CHARS = 1 << 20;

    private static final int MAX_DEPTH = 32;
    private static final int MAX_VALUES = 20_000;

    private final String source;
    private int values;

    private YamlTree(String source) {
        this.source = source;
    }

    /**
     * Reads one document.
     *
     * @param source what messages call the text; empty for a text whose lines nobody knows
     * @param text YAML
     * @return its root
     * @throws ConfigurationException when it is no YAML, too long, too deep, or a key comes twice
     */
    public static Node read(String source, String text) throws ConfigurationException {
        if (text.length() > MAX_CHARS) {
            throw new ConfigurationException("%s%,d characters: a VM file has at most %,d; is this a VM file?"
                    .formatted(Mark.in(source, 0, 0).prefix(), text.length(), MAX_CHARS));
        }
        return isWord(text) ? new Node.Scalar(Mark.in(source, 1, 1), text, false) : new YamlTree(source).document(text);
    }

    /** What options are by default, mostly: it needs no parser, whose classes take longer to load than all of it to read. */
    private static boolean isWord(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean plain = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            if (!plain && (i == 0 || c != '-' && c != '_' && c != '.')) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    private Node document(String text) throws ConfigurationException {
        LoaderOptions limits = new LoaderOptions();
        limits.setNestingDepthLimit(MAX_DEPTH);
        limits.setCodePointLimit(MAX_CHARS);
        // We count what aliases become, which is what costs.
        limits.setMaxAliasesForCollections(MAX_VALUES);
        org.yaml.snakeyaml.nodes.@Nullable Node root;
        try {
            root = new Yaml(limits).compose(new StringReader(text));
        } catch (MarkedYAMLException e) {
            Mark at = e.getProblemMark() == null ? whole() : mark(e.getProblemMark());
            throw new ConfigurationException(at.prefix() + "not YAML: " + problem(e));
        } catch (YAMLException e) {
            throw new ConfigurationException(
                    whole().prefix() + "not YAML: " + firstLine(String.valueOf(e.getMessage())));
        } catch (RuntimeException e) {
            // The parser trips over some malformed texts in ways of its own.
            throw new ConfigurationException(whole().prefix() + "not YAML: the parser failed with " + e);
        }
        if (root == null) {
            throw new ConfigurationException(
                    whole().prefix() + "empty: expected a map with at least name, memory and boot");
        }
        return convert(root, 0);
    }

    private static String problem(MarkedYAMLException e) {
        String context = e.getContext() == null ? "" : e.getContext() + ", ";
        return firstLine(context + e.getProblem());
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("");
    }

    private Mark mark(org.yaml.snakeyaml.error.Mark mark) {
        return Mark.in(source, mark.getLine() + 1, mark.getColumn() + 1);
    }

    private Mark whole() {
        return Mark.in(source, 0, 0);
    }

    private Node convert(org.yaml.snakeyaml.nodes.Node node, int depth) throws ConfigurationException {
        Mark at = mark(node.getStartMark());
        // Aliases make a tree out of a graph: without a bound a few lines become billions of values, or a loop.
        if (++values > MAX_VALUES || depth > MAX_DEPTH) {
            throw new ConfigurationException("%stoo much: at most %,d values, nested at most %d deep, aliases expanded"
                    .formatted(at.prefix(), MAX_VALUES, MAX_DEPTH));
        }
        return switch (node) {
            case ScalarNode scalar ->
                new Node.Scalar(at, scalar.getValue(), scalar.getScalarStyle() != ScalarStyle.PLAIN);
            case SequenceNode sequence -> {
                List<Node> items = new ArrayList<>();
                for (var item : sequence.getValue()) {
                    items.add(convert(item, depth + 1));
                }
                yield new Node.Sequence(at, items);
            }
            case MappingNode mapping -> new Node.Mapping(at, entries(mapping, depth));
            default -> throw new ConfigurationException(at.prefix() + "not YAML: an unknown alias");
        };
    }

    private Map<String, Node.Entry> entries(MappingNode mapping, int depth) throws ConfigurationException {
        Map<String, Node.Entry> entries = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            Mark at = mark(tuple.getKeyNode().getStartMark());
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                throw new ConfigurationException(at.prefix() + "a key must be a word, not a list or a map");
            }
            Node.Entry entry = new Node.Entry(at, convert(tuple.getValueNode(), depth + 1));
            Node.@Nullable Entry earlier = entries.putIfAbsent(key.getValue(), entry);
            if (earlier != null) {
                throw new ConfigurationException("%sduplicate key \"%s\": it stands at %s already"
                        .formatted(at.prefix(), key.getValue(), earlier.at()));
            }
        }
        return entries;
    }
}
