package dev.backplane.x86.apic;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Carries interrupt messages to the local APICs of one partition: IPIs, message-signalled interrupts, and what the I/O
 * APICs send in that form. Callable on any thread; allocates nothing and blocks nowhere.
 */
public final class ApicBus {
    private static final int XAPIC_BROADCAST = 0xff;

    private final LocalApic[] apics;
    /** Spreads lowest-priority interrupts over processors of equal priority. */
    private final AtomicInteger turn = new AtomicInteger();

    /**
     * Connects local APICs.
     *
     * @param apics those of all vCPUs, by vCPU number
     */
    public ApicBus(List<LocalApic> apics) {
        this.apics = apics.toArray(LocalApic[]::new);
        for (LocalApic apic : this.apics) {
            apic.connect(this);
        }
    }

    /**
     * Delivers a message-signalled interrupt (12.11).
     *
     * @param address bits 12-19 destination, 3 redirection hint, 2 logical destination; other addresses than {@code
     *     0xfeexxxxx} are dropped
     * @param data bits 0-7 vector, 8-10 delivery mode, 15 level-triggered
     */
    public void message(long address, int data) {
        if (address >>> 20 != 0xfee) {
            return;
        }
        int destination = (int) (address >>> 12) & 0xff;
        boolean logical = (address & 1 << 2) != 0;
        int delivery = data >>> 8 & 7;
        if (delivery == Delivery.FIXED && (address & 1 << 3) != 0) {
            delivery = Delivery.LOWEST_PRIORITY;
        }
        boolean level = (data & 1 << 15) != 0;
        deliver(
                destination == XAPIC_BROADCAST ? Destination.BROADCAST : destination,
                logical,
                delivery,
                data & 0xff,
                level);
    }

    /**
     * Sends an interrupt to a destination (12.6.2).
     *
     * @param destination an APIC ID or a logical destination; -1 is everybody
     * @param logical whether it is a logical destination
     * @param delivery one of {@link Delivery}
     * @param vector the vector
     * @param level whether it is level-triggered
     */
    void deliver(int destination, boolean logical, int delivery, int vector, boolean level) {
        if (delivery == Delivery.LOWEST_PRIORITY) {
            LocalApic chosen = arbitrate(destination, logical);
            if (chosen != null) {
                chosen.accept(Delivery.FIXED, vector, level);
            }
            return;
        }
        for (LocalApic apic : apics) {
            if (apic.matches(destination, logical)) {
                apic.accept(delivery, vector, level);
            }
        }
    }

    void deliverToOthers(LocalApic sender, int delivery, int vector) {
        for (LocalApic apic : apics) {
            if (apic != sender) {
                apic.accept(delivery, vector, false);
            }
        }
    }

    void deliverToAll(int delivery, int vector) {
        for (LocalApic apic : apics) {
            apic.accept(delivery, vector, false);
        }
    }

    /** The one with the lowest task priority; among equals each in its turn (12.6.2.4). */
    private @Nullable LocalApic arbitrate(int destination, boolean logical) {
        int first = Math.floorMod(turn.getAndIncrement(), apics.length);
        LocalApic best = null;
        for (int i = 0; i < apics.length; i++) {
            LocalApic apic = apics[(first + i) % apics.length];
            if (apic.enabled()
                    && apic.matches(destination, logical)
                    && (best == null
                            || apic.vectors().taskPriority() < best.vectors().taskPriority())) {
                best = apic;
            }
        }
        return best;
    }
}
