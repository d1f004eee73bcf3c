package dev.backplane.launcher;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;

/**
 * Says why bundles do not resolve: the requirements that nothing installed satisfies. The bundles that fail only because they need
 * one of those are counted, not listed.
 */
final class ResolveReport {
    private final List<Bundle> unresolved;
    private final List<BundleCapability> offered;

    ResolveReport(List<Bundle> unresolved, Bundle[] installed) {
        this.unresolved = unresolved;
        this.offered = Stream.of(installed)
                .map(bundle -> bundle.adapt(BundleRevision.class))
                .flatMap(revision -> revision.getDeclaredCapabilities(null).stream())
                .toList();
    }

    String text() {
        var causes = unresolved.stream()
                .map(this::cause)
                .filter(cause -> !cause.isEmpty())
                .toList();
        var lines = causes.isEmpty()
                ? unresolved.stream().map(ResolveReport::frameworkMessage).toList()
                : causes;
        var others = unresolved.size() - lines.size();
        return unresolved.size() + " bundles do not resolve:\n  " + String.join("\n  ", lines)
                + (others == 0 ? "" : "\n  and " + others + " that need these");
    }

    private String cause(Bundle bundle) {
        var missing = bundle.adapt(BundleRevision.class).getDeclaredRequirements(null).stream()
                .filter(ResolveReport::isMandatory)
                .filter(requirement -> offered.stream().noneMatch(requirement::matches))
                .map(this::describe)
                .collect(Collectors.joining(", "));
        return missing.isEmpty() ? "" : name(bundle) + " needs " + missing;
    }

    private static boolean isMandatory(BundleRequirement requirement) {
        var directives = requirement.getDirectives();
        var effective = directives.getOrDefault(Constants.EFFECTIVE_DIRECTIVE, Constants.EFFECTIVE_RESOLVE);
        var resolution = directives.getOrDefault(Constants.RESOLUTION_DIRECTIVE, Constants.RESOLUTION_MANDATORY);
        return effective.equals(Constants.EFFECTIVE_RESOLVE) && resolution.equals(Constants.RESOLUTION_MANDATORY);
    }

    private String describe(BundleRequirement requirement) {
        var filter = requirement.getDirectives().getOrDefault(Constants.FILTER_DIRECTIVE, "");
        var inNamespace = offered.stream()
                .filter(capability -> capability.getNamespace().equals(requirement.getNamespace()))
                .toList();
        if (!requirement.getNamespace().equals(PackageNamespace.PACKAGE_NAMESPACE)) {
            return "the capability " + requirement.getNamespace() + " " + filter + ", which no bundle offers";
        }
        // The version only is wrong where the package itself is there.
        var exports = inNamespace.stream()
                .filter(capability -> filter.contains("(" + PackageNamespace.PACKAGE_NAMESPACE + "="
                        + capability.getAttributes().get(PackageNamespace.PACKAGE_NAMESPACE) + ")"))
                .map(capability -> capability.getAttributes().get(Constants.VERSION_ATTRIBUTE) + " of "
                        + name(capability.getRevision().getBundle()))
                .collect(Collectors.joining(", "));
        return "the package " + filter + (exports.isEmpty() ? ", which no bundle exports" : "; there is " + exports);
    }

    private static String frameworkMessage(Bundle bundle) {
        try {
            bundle.start(Bundle.START_TRANSIENT);
            return name(bundle) + ": resolves after all";
        } catch (BundleException e) {
            return name(bundle) + ": " + e.getMessage();
        }
    }

    private static String name(Bundle bundle) {
        return bundle.getSymbolicName() + " " + bundle.getVersion();
    }
}
