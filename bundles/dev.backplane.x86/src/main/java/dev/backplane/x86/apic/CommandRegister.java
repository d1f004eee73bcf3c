package dev.backplane.x86.apic;

import org.jspecify.annotations.Nullable;

/** ICR: sends interrupts to other processors (12.6.1, 12.12.9). The vCPU's thread. */
final class CommandRegister {
    /** What can be written: the delivery status is read-only and always idle. */
    static final int WRITABLE = 0x000c_cfff;

    private static final int LOGICAL = 1 << 11;
    private static final int ASSERT = 1 << 14;
    private static final int LEVEL = 1 << 15;
    private static final int SHORTHAND_SHIFT = 18;
    private static final int TO_SELF = 1;
    private static final int TO_ALL = 2;
    private static final int TO_OTHERS = 3;

    private final LocalApic apic;
    private @Nullable ApicBus bus;
    private int low;
    private int high;

    CommandRegister(LocalApic apic) {
        this.apic = apic;
    }

    void connect(ApicBus toBus) {
        bus = toBus;
    }

    void load(int savedLow, int savedHigh) {
        low = savedLow;
        high = savedHigh;
    }

    int low() {
        return low;
    }

    int high() {
        return high;
    }

    void setHigh(int value) {
        high = value;
    }

    /** Writes the lower half, which sends. */
    void send(int command, int destination) {
        low = command & WRITABLE;
        high = destination;
        int delivery = command >>> 8 & 7;
        int vector = command & 0xff;
        if (delivery <= Delivery.LOWEST_PRIORITY && vector < LocalApic.FIRST_LEGAL_VECTOR) {
            apic.reportError(ErrorStatus.SEND_ILLEGAL_VECTOR);
            return;
        }
        boolean initDeassert = delivery == Delivery.INIT && (command & (ASSERT | LEVEL)) == LEVEL;
        ApicBus over = bus;
        if (over == null || initDeassert || delivery == Delivery.RESERVED || delivery == Delivery.EXTINT) {
            // INIT level de-assert only set arbitration IDs, which no longer exist; the others are reserved.
            return;
        }
        switch (command >>> SHORTHAND_SHIFT & 3) {
            case TO_SELF -> apic.accept(delivery, vector, false);
            case TO_ALL -> over.deliverToAll(delivery, vector);
            case TO_OTHERS -> over.deliverToOthers(apic, delivery, vector);
            default -> over.deliver(addressee(destination), (command & LOGICAL) != 0, delivery, vector, false);
        }
    }

    private int addressee(int destination) {
        if (apic.isX2()) {
            return destination;
        }
        return destination >>> 24 == 0xff ? Destination.BROADCAST : destination >>> 24;
    }

    /** The x2APIC's SELF IPI register. */
    void sendToSelf(int vector) {
        if (vector < LocalApic.FIRST_LEGAL_VECTOR) {
            apic.reportError(ErrorStatus.SEND_ILLEGAL_VECTOR);
        } else {
            apic.accept(Delivery.FIXED, vector, false);
        }
    }
}
