package dev.backplane.kernel.internal.store;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceEvent;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.hooks.service.EventListenerHook;
import org.osgi.framework.hooks.service.FindHook;
import org.osgi.framework.hooks.service.ListenerHook.ListenerInfo;

/**
 * While an update is under way: those that come do not see services of those that go, nor the other way round. A component would keep to the
 * service that was there first.
 *
 * @param coming bundles that come
 * @param going bundles that go
 */
record SuccessorServices(Set<Bundle> coming, Set<Bundle> going) implements FindHook, EventListenerHook {
    /** Copies the sets. */
    SuccessorServices {
        coming = Set.copyOf(coming);
        going = Set.copyOf(going);
    }

    @Override
    public void find(
            BundleContext context,
            String name,
            String filter,
            boolean allServices,
            Collection<ServiceReference<?>> references) {
        references.removeIf(reference -> isHidden(reference, context));
    }

    @Override
    public void event(ServiceEvent event, Map<BundleContext, Collection<ListenerInfo>> listeners) {
        listeners.keySet().removeIf(context -> isHidden(event.getServiceReference(), context));
    }

    private boolean isHidden(ServiceReference<?> reference, BundleContext from) {
        Bundle provider = reference.getBundle();
        Bundle user = from.getBundle();
        return coming.contains(user) && going.contains(provider) || going.contains(user) && coming.contains(provider);
    }
}
