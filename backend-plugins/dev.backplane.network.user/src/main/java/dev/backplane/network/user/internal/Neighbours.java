package dev.backplane.network.user.internal;

import java.util.ArrayList;
import java.util.List;

/** Ethernet addresses of the guest's addresses, as it told them; the latest few. */
final class Neighbours {
    static final int MOST = 16;
    /** What is not known. */
    static final long UNKNOWN = 0;

    private final Address[] addresses = new Address[MOST];
    private final long[] macs = new long[MOST];
    private final Runnable learned;
    private int next;
    private int count;

    /** Tells somebody of each address that becomes known. */
    Neighbours(Runnable learned) {
        this.learned = learned;
    }

    /** Notes where an address is. */
    void learn(Address address, long mac) {
        int index = index(address);
        boolean news = index < 0;
        if (news) {
            index = next;
            next = (next + 1) % MOST;
            count = Math.max(count, index + 1);
            addresses[index] = address;
        }
        macs[index] = mac;
        if (news) {
            learned.run();
        }
    }

    /** Where an address is, or {@link #UNKNOWN}. */
    long mac(Address address) {
        int index = index(address);
        return index < 0 ? UNKNOWN : macs[index];
    }

    /** What is known. */
    List<UserState.Neighbour> save() {
        List<UserState.Neighbour> known = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            known.add(new UserState.Neighbour(addresses[i].high(), addresses[i].low(), macs[i]));
        }
        return known;
    }

    private int index(Address address) {
        for (int i = 0; i < count; i++) {
            if (addresses[i].equals(address)) {
                return i;
            }
        }
        return -1;
    }
}
