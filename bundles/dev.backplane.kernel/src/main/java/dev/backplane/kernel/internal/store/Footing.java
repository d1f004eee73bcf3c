package dev.backplane.kernel.internal.store;

import dev.backplane.kernel.internal.catalogue.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.framework.wiring.FrameworkWiring;

/**
 * What stands on what among the bundles of this process, by the packages and by the services that they need. Three classes follow from it:
 * parts and commands, which others do not stand on; libraries, which do nothing but serve and on which only parts, commands and libraries
 * stand; all else is fixed while machines run.
 */
final class Footing {
    /** Bundles that give the command line a command declare it; no machine has anything of theirs. */
    private static final String COMMANDS = "backplane.command";

    /** What components offer and need, as bundles declare it. */
    private static final String SERVICES = "osgi.service";

    private final BundleContext context;
    private final Origins origins;

    Footing(BundleContext context, Origins origins) {
        this.context = context;
        this.origins = origins;
    }

    /** Those that stand on a bundle, and those that stand on them, and so on. */
    Set<Bundle> above(Bundle bundle) {
        Set<Bundle> above = new LinkedHashSet<>();
        addAbove(bundle, above);
        above.remove(bundle);
        return above;
    }

    private void addAbove(Bundle bundle, Set<Bundle> above) {
        for (Bundle user : context.getBundles()) {
            if ((isWiredTo(user, bundle) || isServedBy(user, bundle)) && above.add(user)) {
                addAbove(user, above);
            }
        }
    }

    private static boolean isWiredTo(Bundle user, Bundle bundle) {
        BundleWiring wiring = bundle.adapt(BundleWiring.class);
        return wiring != null
                && wiring.isInUse()
                && wiring.getProvidedWires(null).stream()
                        .anyMatch(wire -> wire.getRequirer().getBundle().equals(user));
    }

    /** Whether a bundle needs a service that another one offers, and has not found it elsewhere. */
    private static boolean isServedBy(Bundle user, Bundle bundle) {
        List<BundleCapability> services = services(bundle).stream()
                .filter(service -> needs(user, service))
                .toList();
        if (user.equals(bundle) || services.isEmpty()) {
            return false;
        }
        List<ServiceReference<?>> found = Stream.ofNullable(user.getServicesInUse())
                .flatMap(Arrays::stream)
                .filter(reference -> services.stream().anyMatch(service -> isOf(reference, service)))
                .toList();
        return found.isEmpty() || found.stream().anyMatch(reference -> bundle.equals(reference.getBundle()));
    }

    private static List<BundleCapability> services(Bundle bundle) {
        BundleRevision revision = bundle.adapt(BundleRevision.class);
        return revision == null ? List.of() : revision.getDeclaredCapabilities(SERVICES);
    }

    private static boolean needs(Bundle user, BundleCapability service) {
        BundleRevision revision = user.adapt(BundleRevision.class);
        return revision != null
                && revision.getDeclaredRequirements(SERVICES).stream()
                        .filter(need -> !Constants.RESOLUTION_OPTIONAL.equals(
                                need.getDirectives().get(Constants.RESOLUTION_DIRECTIVE)))
                        .anyMatch(need -> need.matches(service));
    }

    private static boolean isOf(ServiceReference<?> reference, BundleCapability service) {
        return reference.getProperty(Constants.OBJECTCLASS) instanceof String[] classes
                && service.getAttributes().get(Constants.OBJECTCLASS) instanceof List<?> offered
                && Arrays.stream(classes).anyMatch(offered::contains);
    }

    /** The bundles that a bundle is wired to. */
    static List<Bundle> beneath(Bundle bundle) {
        BundleWiring wiring = bundle.adapt(BundleWiring.class);
        return wiring == null
                ? List.of()
                : wiring.getRequiredWires(null).stream()
                        .map(wire -> wire.getProvider().getBundle())
                        .distinct()
                        .toList();
    }

    /** The kinds of parts that a bundle declares. */
    static List<Kind> kinds(Bundle bundle) {
        BundleRevision revision = bundle.adapt(BundleRevision.class);
        return revision == null
                ? List.of()
                : Arrays.stream(Kind.values())
                        .filter(kind -> !revision.getDeclaredCapabilities(kind.namespace())
                                .isEmpty())
                        .toList();
    }

    private static boolean givesCommand(Bundle bundle) {
        BundleRevision revision = bundle.adapt(BundleRevision.class);
        return revision != null && !revision.getDeclaredCapabilities(COMMANDS).isEmpty();
    }

    /** Why a bundle cannot be replaced while machines run, if so. */
    Optional<String> fixed(Bundle bundle) {
        if (mayChange(bundle)) {
            return Optional.empty();
        }
        String name = bundle.getSymbolicName() + " " + bundle.getVersion();
        if (kinds(bundle).contains(Kind.MACHINE)) {
            return Optional.of(name + " is the board of machines, which stays for their lives");
        }
        return Optional.of(above(bundle).stream()
                .filter(user -> !mayChange(user))
                .findFirst()
                .map(user -> (isWiredTo(user, bundle)
                                ? "%s %s is wired to %s and would be refreshed with it"
                                : "%s %s needs what %s offers, and would have to be started anew with it")
                        .formatted(user.getSymbolicName(), user.getVersion(), name))
                .orElse(name
                        + (acts(bundle)
                                ? " does the process's own work"
                                : " offers no part, and nothing that does stands on it: it belongs to the process")));
    }

    private boolean mayChange(Bundle bundle) {
        List<Kind> kinds = kinds(bundle);
        if (kinds.contains(Kind.MACHINE)) {
            return false;
        }
        boolean replaceable = !kinds.isEmpty() || givesCommand(bundle) || origins.isAdded(bundle);
        Set<Bundle> above = above(bundle);
        return above.isEmpty()
                ? replaceable
                : (replaceable || !acts(bundle)) && above.stream().allMatch(this::mayChange);
    }

    /** Whether a bundle does something of its own when it is started: a second one beside it would do that twice. */
    private boolean acts(Bundle bundle) {
        String components = bundle.getHeaders("").get("Service-Component");
        return bundle.getHeaders("").get(Constants.BUNDLE_ACTIVATOR) != null
                || components != null && !serves(bundle, components.split(",").length);
    }

    /** Whether each of its components offers a service that somebody else needs. */
    private boolean serves(Bundle bundle, int components) {
        List<BundleCapability> services = services(bundle);
        return services.size() >= components
                && services.stream()
                        .allMatch(service -> Arrays.stream(context.getBundles())
                                .anyMatch(user -> !user.equals(bundle) && needs(user, service)));
    }

    /** Has the framework resolve a bundle. */
    boolean resolve(Bundle bundle) {
        return framework().resolveBundles(List.of(bundle));
    }

    private FrameworkWiring framework() {
        return context.getBundle(0).adapt(FrameworkWiring.class);
    }

    /** Has the framework drop what it still keeps of uninstalled bundles, where nobody else is wired to it. */
    void refresh(Collection<Bundle> uninstalled) {
        List<Bundle> free = new ArrayList<>();
        for (Bundle bundle : uninstalled) {
            if (framework().getRemovalPendingBundles().contains(bundle)
                    && uninstalled.containsAll(framework().getDependencyClosure(List.of(bundle)))) {
                free.add(bundle);
            }
        }
        if (!free.isEmpty()) {
            framework().refreshBundles(free);
        }
    }
}
