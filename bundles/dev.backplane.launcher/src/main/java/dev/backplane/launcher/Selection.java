package dev.backplane.launcher;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRevision;

/**
 * Which bundles a command has no use for. The bundle of a command may declare what the command does without, kinds of parts and single
 * bundles by their symbolic names:
 *
 * <pre>{@code
 * @Capability(
 *         namespace = "backplane.command",
 *         attribute = {"command=disk", "without:List<String>=\"backplane.cpu,backplane.device,com.example.debugger\""})
 * }</pre>
 *
 * <p>Those bundles, and bundles that offer parts of those kinds only, are not started.
 *
 * @param without the namespaces of those kinds, and those names
 * @param alone whether the command's bundle takes the command line itself ({@code alone=true})
 */
record Selection(Set<String> without, boolean alone) {
    /** For a command that does without nothing. */
    static final Selection NOTHING = new Selection(Set.of(), false);

    private static final String COMMANDS = "backplane.command";
    private static final String PARTS = "backplane.";

    /** For a command line, of which the first word names the command. */
    static Selection of(String[] arguments, Collection<Bundle> bundles) {
        return all(bundles).getOrDefault(command(arguments), NOTHING);
    }

    /** The word that names the command; empty where there is none, or options come first, which are the shell's. */
    static String command(String[] arguments) {
        return arguments.length == 0 || arguments[0].startsWith("-") ? "" : arguments[0];
    }

    /** Those of all commands that do without something, by the commands' names. */
    static Map<String, Selection> all(Collection<Bundle> bundles) {
        var all = new TreeMap<String, Selection>();
        for (var bundle : bundles) {
            for (var capability : capabilities(bundle, COMMANDS)) {
                var attributes = capability.getAttributes();
                if (attributes.get("without") instanceof Collection<?> without) {
                    all.put(
                            String.valueOf(attributes.get("command")),
                            new Selection(
                                    without.stream().map(String::valueOf).collect(Collectors.toUnmodifiableSet()),
                                    "true".equals(capability.getAttributes().get("alone"))));
                }
            }
        }
        return all;
    }

    /** Whether a bundle is to be started: it offers no parts, or some of a kind that the command may use. */
    boolean needs(Bundle bundle) {
        if (without.isEmpty() || without.contains(bundle.getSymbolicName())) {
            return without.isEmpty();
        }
        var kinds = capabilities(bundle, null).stream()
                .filter(each -> each.getNamespace().startsWith(PARTS))
                .filter(each -> each.getAttributes().containsKey("type"))
                .map(BundleCapability::getNamespace)
                .collect(Collectors.toSet());
        return kinds.isEmpty() || !without.containsAll(kinds);
    }

    /** @param namespace null for all */
    private static List<BundleCapability> capabilities(Bundle bundle, @Nullable String namespace) {
        return bundle.adapt(BundleRevision.class).getDeclaredCapabilities(namespace);
    }
}
