package dev.backplane.kernel.internal.store;

import java.util.Collection;
import java.util.Set;
import org.osgi.framework.Bundle;
import org.osgi.framework.hooks.resolver.ResolverHook;
import org.osgi.framework.hooks.resolver.ResolverHookFactory;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;

/**
 * While bundles of an update are resolved: those that come are not wired to those that go, where something else will do. The framework
 * would keep to what is resolved already wherever versions of packages are the same.
 *
 * @param coming bundles that come
 * @param going bundles that go
 */
record SuccessorWires(Set<Bundle> coming, Set<Bundle> going) implements ResolverHookFactory, ResolverHook {
    /** Copies the sets. */
    SuccessorWires {
        coming = Set.copyOf(coming);
        going = Set.copyOf(going);
    }

    @Override
    public ResolverHook begin(Collection<BundleRevision> triggers) {
        return this;
    }

    @Override
    public void filterMatches(BundleRequirement requirement, Collection<BundleCapability> candidates) {
        if (coming.contains(requirement.getRevision().getBundle())
                && !candidates.stream().allMatch(this::goes)) {
            candidates.removeIf(this::goes);
        }
    }

    private boolean goes(BundleCapability candidate) {
        return going.contains(candidate.getRevision().getBundle());
    }

    @Override
    public void filterResolvable(Collection<BundleRevision> candidates) {
        // All of them may resolve.
    }

    @Override
    public void filterSingletonCollisions(BundleCapability singleton, Collection<BundleCapability> collisions) {
        // They are what they would be otherwise.
    }

    @Override
    public void end() {
        // It keeps nothing.
    }
}
