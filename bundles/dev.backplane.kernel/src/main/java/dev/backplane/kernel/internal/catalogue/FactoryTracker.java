package dev.backplane.kernel.internal.catalogue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceEvent;
import org.osgi.framework.ServiceListener;
import org.osgi.framework.ServiceReference;

/**
 * Feeds the catalogue from the service registry. A listener of our own, because a component that blocks in unbind makes its
 * bundle's stop wait for five seconds: here UNREGISTERING lasts as long as the bays need, on the thread that stops the
 * plugin.
 */
public final class FactoryTracker implements ServiceListener, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(FactoryTracker.class.getName());

    private final BundleContext context;
    private final Catalogue catalogue;
    private final Map<ServiceReference<?>, Offer> tracked = new LinkedHashMap<>();
    private long generations;

    /**
     * A tracker, which does nothing before {@link #open}.
     *
     * @param context the kernel's
     * @param catalogue what it feeds
     */
    public FactoryTracker(BundleContext context, Catalogue catalogue) {
        this.context = context;
        this.catalogue = catalogue;
    }

    /** Starts to listen, and takes what is there already. */
    public void open() {
        String filter = Arrays.stream(Kind.values())
                .map(kind -> "(objectClass=" + kind.service().getName() + ")")
                .collect(Collectors.joining("", "(|", ")"));
        try {
            context.addServiceListener(this, filter);
            ServiceReference<?>[] present = context.getAllServiceReferences(null, filter);
            for (ServiceReference<?> reference : present == null ? new ServiceReference<?>[0] : present) {
                registered(reference);
            }
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        context.removeServiceListener(this);
        List<Offer> all;
        synchronized (tracked) {
            all = List.copyOf(tracked.values());
            tracked.clear();
        }
        all.forEach(Offer::withdraw);
    }

    @Override
    public void serviceChanged(ServiceEvent event) {
        ServiceReference<?> reference = event.getServiceReference();
        switch (event.getType()) {
            case ServiceEvent.REGISTERED -> registered(reference);
            case ServiceEvent.UNREGISTERING, ServiceEvent.MODIFIED_ENDMATCH -> unregistering(reference);
            default -> {
                // A factory's type does not change while it is registered.
            }
        }
    }

    private void registered(ServiceReference<?> reference) {
        Offer offer = offer(reference);
        if (offer == null) {
            return;
        }
        synchronized (tracked) {
            if (tracked.putIfAbsent(reference, offer) != null) {
                return;
            }
        }
        LOG.log(System.Logger.Level.DEBUG, "offered: {0}", offer);
        catalogue.add(offer);
    }

    private @Nullable Offer offer(ServiceReference<?> reference) {
        List<String> interfaces = List.of((String[]) reference.getProperty("objectClass"));
        for (Kind kind : Kind.values()) {
            if (interfaces.contains(kind.service().getName())
                    && reference.isAssignableTo(
                            context.getBundle(), kind.service().getName())) {
                if (reference.getProperty(kind.property()) instanceof String type) {
                    long generation;
                    synchronized (tracked) {
                        generation = ++generations;
                    }
                    return new Offer(
                            kind,
                            type,
                            reference.getBundle().getSymbolicName(),
                            reference.getBundle().getVersion(),
                            generation,
                            reference.getBundle().getBundleId(),
                            () -> service(reference));
                }
                LOG.log(
                        System.Logger.Level.WARNING,
                        "{0}: a {1} without the service property {2}: annotate its component with the type that it offers",
                        reference.getBundle(),
                        kind.service().getSimpleName(),
                        kind.property());
            }
        }
        return null;
    }

    private Object service(ServiceReference<?> reference) {
        Object service = context.getService(reference);
        if (service == null) {
            throw new IllegalStateException(
                    reference.getBundle() + ": its component could not be activated: the log says why");
        }
        return service;
    }

    private void unregistering(ServiceReference<?> reference) {
        Offer offer;
        synchronized (tracked) {
            offer = tracked.remove(reference);
        }
        if (offer != null) {
            LOG.log(System.Logger.Level.DEBUG, "going: {0}", offer);
            catalogue.remove(offer);
            context.ungetService(reference);
        }
    }
}
