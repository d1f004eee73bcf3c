package dev.backplane.kernel.internal.catalogue;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.osgi.framework.VersionRange;

/**
 * The types that can be had at this moment. A bay chooses by type and version; the ranking of services and the order of
 * their arrival mean nothing. Callable on any thread.
 */
public final class Catalogue {
    private final List<Offer> offers = new CopyOnWriteArrayList<>();
    private final List<OfferListener> listeners = new CopyOnWriteArrayList<>();
    /** Bundles whose types are not for everybody: the machines that they are for. */
    private final Map<Long, Set<String>> reserved = new ConcurrentHashMap<>();

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
     * Keeps a bundle's types for some machines, which prefer them; for none, while its plugin waits to take over from another one.
     *
     * @param bundle the bundle's number in the framework
     * @param machines the machines' names
     */
    public void reserve(long bundle, Set<String> machines) {
        reserved.put(bundle, Set.copyOf(machines));
    }

    /**
     * Lets everybody have a bundle's types, and tells the listeners, since a bay may wait for them.
     *
     * @param bundle the bundle's number in the framework
     */
    public void release(long bundle) {
        reserved.remove(bundle);
        of(bundle).forEach(offer -> listeners.forEach(listener -> listener.came(offer)));
    }

    /**
     * Forgets for whom a bundle was kept: it is gone.
     *
     * @param bundle the bundle's number in the framework
     */
    public void forget(long bundle) {
        reserved.remove(bundle);
    }

    /**
     * For whom a bundle's types are kept.
     *
     * @param bundle the bundle's number in the framework
     * @return the machines; nothing where everybody may have them
     */
    public Optional<Set<String>> reservedFor(long bundle) {
        return Optional.ofNullable(reserved.get(bundle));
    }

    /**
     * What a bundle offers.
     *
     * @param bundle the bundle's number in the framework
     * @return its types of this moment
     */
    public List<Offer> of(long bundle) {
        return offers.stream().filter(offer -> offer.bundleId() == bundle).toList();
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
     * The offer for a bay of a machine: one that is kept for it, else as for everybody.
     *
     * @param vm the machine's name
     * @param kind the kind of part
     * @param type the type's name
     * @param versions which versions of the plugin will do
     * @return the offer, if there is one
     */
    public Optional<Offer> choose(String vm, Kind kind, String type, Optional<VersionRange> versions) {
        return candidates(vm, kind, type, versions).stream().findFirst();
    }

    /**
     * The offers that fit a bay of whatever machine.
     *
     * @param kind the kind of part
     * @param type the type's name
     * @param versions which versions of the plugin will do
     * @return the best first, as {@link #choose} has it
     */
    public List<Offer> candidates(Kind kind, String type, Optional<VersionRange> versions) {
        return fitting(kind, type, versions)
                .filter(offer -> !reserved.containsKey(offer.bundleId()))
                .toList();
    }

    /**
     * The offers that fit a bay of a machine.
     *
     * @param vm the machine's name
     * @param kind the kind of part
     * @param type the type's name
     * @param versions which versions of the plugin will do
     * @return the best first: those that are kept for the machine before all others
     */
    public List<Offer> candidates(String vm, Kind kind, String type, Optional<VersionRange> versions) {
        List<Offer> kept = fitting(kind, type, versions)
                .filter(offer ->
                        reserved.getOrDefault(offer.bundleId(), Set.of()).contains(vm))
                .toList();
        return Stream.concat(kept.stream(), candidates(kind, type, versions).stream())
                .toList();
    }

    private Stream<Offer> fitting(Kind kind, String type, Optional<VersionRange> versions) {
        return offers.stream()
                .filter(offer -> offer.kind() == kind && offer.type().equals(type))
                .filter(offer -> versions.isEmpty() || versions.get().includes(offer.version()))
                .sorted(Comparator.comparing(Offer::version)
                        .thenComparing(Offer::generation)
                        .reversed());
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
