package dev.backplane.network.user.internal;

import org.jspecify.annotations.Nullable;

/** What goes on between an address and port of the guest and one that it sees elsewhere. Lives in a {@link FlowTable}. */
class Flow {
    final Address guest;
    final int guestPort;
    final Address peer;
    final int peerPort;
    /** The guest's Ethernet address, or {@link Neighbours#UNKNOWN}. */
    long mac;
    /** When something last happened. */
    long usedAt;

    @Nullable
    Flow nextInBucket;

    @Nullable
    Flow older;

    @Nullable
    Flow newer;

    Flow(Address guest, int guestPort, Address peer, int peerPort) {
        this.guest = guest;
        this.guestPort = guestPort;
        this.peer = peer;
        this.peerPort = peerPort;
    }

    @Override
    public String toString() {
        return guest + " port " + guestPort + " and " + peer + " port " + peerPort;
    }
}
