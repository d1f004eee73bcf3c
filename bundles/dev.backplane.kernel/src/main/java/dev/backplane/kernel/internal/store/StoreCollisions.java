package dev.backplane.kernel.internal.store;

import java.util.Collection;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.hooks.bundle.CollisionHook;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * Lets a bundle of the store be installed beside another one of the same name and version: a plugin that was rebuilt without
 * a new version takes over from the one before. Elsewhere the framework's rule stands.
 */
@Component
public final class StoreCollisions implements CollisionHook {
    private final Bundle kernel;

    /**
     * For the kernel of this framework, which installs nothing that is not in its store.
     *
     * @param context the kernel's bundle
     */
    @Activate
    public StoreCollisions(BundleContext context) {
        kernel = context.getBundle();
    }

    @Override
    public void filterCollisions(int operation, Bundle target, Collection<Bundle> candidates) {
        // The target of an installation is who installs; the new bundle is not known yet.
        if (operation == INSTALLING && target.equals(kernel)) {
            candidates.clear();
        }
    }
}
