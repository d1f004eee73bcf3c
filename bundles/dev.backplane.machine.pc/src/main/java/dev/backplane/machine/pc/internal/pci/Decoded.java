package dev.backplane.machine.pc.internal.pci;

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

    void memory(long base, long length, RegisterHandler handler) {
        add(memory, new Claim(OWNER, base, length, handler));
    }

    void ports(long base, long length, RegisterHandler handler) {
        add(ports, new Claim(OWNER, base, length, handler));
    }

    private static void add(List<Claim> ranges, Claim range) {
        if (ranges.stream().noneMatch(other -> other.overlaps(range.base(), range.length()))) {
            ranges.add(range);
        }
    }

    ClaimTable memoryTable() {
        return new ClaimTable(memory);
    }

    ClaimTable portTable() {
        return new ClaimTable(ports);
    }
}
