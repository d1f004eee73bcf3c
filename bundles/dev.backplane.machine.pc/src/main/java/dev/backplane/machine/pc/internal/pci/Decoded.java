package dev.backplane.machine.pc.internal.pci;

import dev.backplane.api.cpu.Doorbell;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.machine.pc.internal.bus.Claim;
import dev.backplane.machine.pc.internal.bus.ClaimTable;
import java.util.ArrayList;
import java.util.List;

/**
 * Which addresses the functions answer at the moment. Built anew whenever that changes, and then exchanged at once, so that a BAR
 * moves without a moment in between. Where a guest lets two overlap, the one that was added first answers.
 */
final class Decoded {
    private static final String OWNER = "PCI";

    private final List<Claim> memory = new ArrayList<>();
    private final List<Claim> ports = new ArrayList<>();
    private final List<Doorbells.Placed> doorbells = new ArrayList<>();

    /** Returns whether it answers there. */
    boolean memory(long base, long length, RegisterHandler handler) {
        return add(memory, new Claim(OWNER, base, length, handler));
    }

    /** A doorbell in a range that answers. */
    void doorbell(Doorbell doorbell, Runnable ring) {
        doorbells.add(new Doorbells.Placed(doorbell, ring));
    }

    void ports(long base, long length, RegisterHandler handler) {
        add(ports, new Claim(OWNER, base, length, handler));
    }

    private static boolean add(List<Claim> ranges, Claim range) {
        return ranges.stream().noneMatch(other -> other.overlaps(range.base(), range.length())) && ranges.add(range);
    }

    ClaimTable memoryTable() {
        return new ClaimTable(memory);
    }

    ClaimTable portTable() {
        return new ClaimTable(ports);
    }

    List<Doorbells.Placed> doorbells() {
        return doorbells;
    }
}
