package dev.backplane.launcher;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRevision;

/**
 * Which bundles a command has no use for. The bundle of a command may declare which kinds of parts the command does without:
 *
 * <pre>{@code
 * @Capability(
 *         namespace = "backplane.command",
 *         attribute = {"command=disk", "without:List<String>=\"backplane.cpu,backplane.device\""})
 * }</pre>
 *
 * <p>Bundles that offer parts of those kinds only are installed and not started, unless another bundle needs their classes.
 *
 * @param without the namespaces of those kinds
 */
record Selection(Set<String> without) {
    private static final String COMMANDS = "backplane.command";
    private static final String PARTS = "backplane.";

    /** For a command line, of which the first word that is no option names the command. */
    static Selection of(String[] arguments, List<Bundle> bundles) {
        var command = Arrays.stream(arguments)
                .filter(word -> !word.startsWith("-"))
                .findFirst()
                .orElse("");
        return new Selection(bundles.stream()
                .flatMap(bundle -> capabilities(bundle, COMMANDS).stream())
                .map(BundleCapability::getAttributes)
                .filter(attributes -> command.equals(attributes.get("command")))
                .flatMap(attributes -> attributes.get("without") instanceof Collection<?> kinds
                        ? kinds.stream().map(String::valueOf)
                        : null)
                .collect(Collectors.toUnmodifiableSet()));
    }

    /** Whether a bundle is to be started: it offers no parts, or some of a kind that the command may use. */
    boolean needs(Bundle bundle) {
        if (without.isEmpty()) {
            return true;
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
