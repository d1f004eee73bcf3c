package dev.backplane.kernel.internal.catalogue;

/** Told when types come and go, on the thread that registers or unregisters the factory. */
public interface OfferListener {
    /**
     * A type has come. Must not block.
     *
     * @param offer the type
     */
    void came(Offer offer);

    /**
     * A type is about to go; the plugin's code is there until this returns. May block for as long as a plugin's stop may
     * take.
     *
     * @param offer the type, which nobody can choose any more
     */
    void going(Offer offer);
}
