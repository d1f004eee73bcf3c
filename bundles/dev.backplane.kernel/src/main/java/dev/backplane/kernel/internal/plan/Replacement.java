package dev.backplane.kernel.internal.plan;

import dev.backplane.kernel.internal.catalogue.Offer;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which offers take over from which: those of one generation of a plugin, or of several, from those of another.
 *
 * @param successors the one that takes over, by the one that it takes over from
 */
public record Replacement(Map<Offer, Offer> successors) {
    /** Copies the map. */
    public Replacement {
        successors = Map.copyOf(successors);
    }

    /**
     * One offer takes over from another.
     *
     * @param old the one in the bays
     * @param next its successor
     * @return the replacement
     */
    public static Replacement of(Offer old, Offer next) {
        return new Replacement(Map.of(old, next));
    }

    /**
     * Offers take over from those of the same kind and type. What has no counterpart is left out.
     *
     * @param old those in the bays
     * @param next their successors
     * @return the replacement
     */
    public static Replacement of(Collection<Offer> old, Collection<Offer> next) {
        Map<Offer, Offer> pairs = new LinkedHashMap<>();
        for (Offer each : old) {
            next.stream()
                    .filter(offer -> offer.kind() == each.kind() && offer.type().equals(each.type()))
                    .findFirst()
                    .ifPresent(offer -> pairs.put(each, offer));
        }
        return new Replacement(pairs);
    }

    /**
     * Who takes over from an offer.
     *
     * @param old the offer
     * @return its successor, if it has one
     */
    public Optional<Offer> successorOf(Offer old) {
        return Optional.ofNullable(successors.get(old));
    }

    /**
     * The way back.
     *
     * @return the same with both sides exchanged
     */
    public Replacement reversed() {
        Map<Offer, Offer> back = new LinkedHashMap<>();
        successors.forEach((old, next) -> back.put(next, old));
        return new Replacement(back);
    }
}
