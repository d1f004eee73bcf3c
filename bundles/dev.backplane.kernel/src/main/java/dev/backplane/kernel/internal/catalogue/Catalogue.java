package dev.backplane.kernel.internal.catalogue;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.VersionRange;

/**
 * The types that can be had at this moment. A bay chooses by type and version; the ranking of services and the order of
 * their arrival mean nothing. Callable on any thread.
 */
public final class Catalogue {
    private final List<Offer> offers = new CopyOnWriteArrayList<>();
    private final List<OfferListener> listeners = new CopyOnWriteArrayList<>();
    private final Object changed = new Object();
    private long changes;

    /**
     * Adds a type and tells the listeners.
     *
     * @param offer the type
     */
    public void add(Offer offer) {
        offers.add(offer);
        synchronized (changed) {
            changes++;
            changed.notifyAll();
        }
        listeners.forEach(listener -> listener.came(offer));
    }

    /**
     * Takes a type away: nobody chooses it from now on, then the listeners are told, then it is withdrawn.
     *
     * @param offer the type
     */
    public void remove(Offer offer) {
        if (offers.remove(offer)) {
            listeners.forEach(listener -> listener.going(offer));
        }
        offer.withdraw();
    }

    /**
     * How often a type has come.
     *
     * @return a count for {@link #awaitChange}
     */
    public long changes() {
        synchronized (changed) {
            return changes;
        }
    }

    /**
     * Waits for another type to come.
     *
     * @param seen the count when the caller looked last
     * @param nanos how long to wait at most
     * @throws InterruptedException when the wait is interrupted
     */
    public void awaitChange(long seen, long nanos) throws InterruptedException {
        synchronized (changed) {
            if (changes == seen && nanos > 0) {
                TimeUnit.NANOSECONDS.timedWait(changed, nanos);
            }
        }
    }

    /**
     * Adds a listener.
     *
     * @param listener told of changes from now on
     */
    public void listen(OfferListener listener) {
        listeners.add(listener);
    }

    /**
     * Takes a listener away.
     *
     * @param listener as given to {@link #listen}
     */
    public void unlisten(OfferListener listener) {
        listeners.remove(listener);
    }

    /**
     * The offer for a bay: of those that fit, the highest version; among equals the latest generation.
     *
     * @param kind the kind of part
     * @param type the type's name
     * @param versions which versions of the plugin will do
     * @return the offer, if there is one
     */
    public Optional<Offer> choose(Kind kind, String type, Optional<VersionRange> versions) {
        return candidates(kind, type, versions).stream().findFirst();
    }

    /**
     * The offers that fit a bay.
     *
     * @param kind the kind of part
     * @param type the type's name
     * @param versions which versions of the plugin will do
     * @return the best first, as {@link #choose} has it
     */
    public List<Offer> candidates(Kind kind, String type, Optional<VersionRange> versions) {
        return offers.stream()
                .filter(offer -> offer.kind() == kind && offer.type().equals(type))
                .filter(offer -> versions.isEmpty() || versions.get().includes(offer.version()))
                .sorted(Comparator.comparing(Offer::version)
                        .thenComparing(Offer::generation)
                        .reversed())
                .toList();
    }

    /**
     * All types, by kind, type and version.
     *
     * @return a copy
     */
    public List<Offer> all() {
        List<Offer> all = new ArrayList<>(offers);
        all.sort(Comparator.comparing(Offer::kind)
                .thenComparing(Offer::type)
                .thenComparing(Offer::version)
                .thenComparing(Offer::generation));
        return all;
    }

    /**
     * The names of the types of a kind.
     *
     * @param kind the kind
     * @return ascending, each once
     */
    public Collection<String> types(Kind kind) {
        return offers.stream()
                .filter(offer -> offer.kind() == kind)
                .map(Offer::type)
                .sorted()
                .distinct()
                .toList();
    }
}
