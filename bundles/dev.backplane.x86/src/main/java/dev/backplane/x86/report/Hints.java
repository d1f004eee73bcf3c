package dev.backplane.x86.report;

import dev.backplane.api.cpu.VcpuState.Table;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Vector;
import dev.backplane.x86.system.FaultLog.Fault;
import java.util.List;
import java.util.Optional;

/** The typical causes of a triple fault, where one shows. */
final class Hints {
    private static final int NEAR = 4096;

    private final VcpuReport report;

    Hints(VcpuReport report) {
        this.report = report;
    }

    /** A sentence about what probably went wrong. */
    Optional<String> likely() {
        List<Fault> faults = report.faults();
        if (faults.isEmpty()) {
            return Optional.empty();
        }
        // What began it stands before the double fault.
        int last = faults.size() - 1;
        int origin = last;
        while (origin > 0
                && faults.get(origin - 1).instructions() == faults.get(last).instructions()) {
            origin--;
        }
        Fault first = faults.get(origin);
        return table(first).or(() -> address(first)).or(() -> address(faults.get(last)));
    }

    /** Whether the table of handlers can have one for it. */
    private Optional<String> table(Fault fault) {
        Table idt = report.state().idtr();
        String name = Vector.name(fault.vector());
        int bytes = report.realMode() ? 4 : report.longMode() ? 16 : 8;
        if (fault.vector() * bytes + bytes - 1 > idt.limit()) {
            return Optional.of(
                    "the interrupt table's limit 0x%x has no entry for %s: no table was loaded by LIDT, or one that is too small"
                            .formatted(idt.limit(), name));
        }
        byte[] gate = new byte[bytes];
        if (report.memory().read(idt.base() + (long) fault.vector() * bytes, gate) < bytes) {
            return Optional.of("the interrupt table at 0x%x is not mapped".formatted(idt.base()));
        }
        if (bytes > 4 && (gate[5] & 0x80) == 0) {
            return Optional.of("the gate for %s is not present: no handler was set".formatted(name));
        }
        return Optional.empty();
    }

    private Optional<String> address(Fault fault) {
        if (fault.vector() != Vector.PF) {
            return Optional.empty();
        }
        long rsp = report.stackLinear();
        if (fault.cr2() - rsp < NEAR && rsp - fault.cr2() < NEAR) {
            return Optional.of(
                    "the stack at 0x%x is not mapped or not writable: it overflowed, or was never set".formatted(rsp));
        }
        if (fault.cr2() == fault.rip() || fault.cr2() == report.codeLinear()) {
            return Optional.of(
                    (report.state().cr0() & Bits.CR0_PG) == 0 || (fault.errorCode() & 1) == 0
                            ? "the code at 0x%x is not mapped: a wild jump, or paging was enabled without a mapping for it"
                                    .formatted(fault.cr2())
                            : "the code at 0x%x may not be executed".formatted(fault.cr2()));
        }
        return Optional.empty();
    }
}
