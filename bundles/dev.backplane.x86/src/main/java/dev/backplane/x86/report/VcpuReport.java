package dev.backplane.x86.report;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.cpu.VcpuState.Msr;
import dev.backplane.api.cpu.VcpuState.Segment;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.system.FaultLog.Fault;
import java.util.List;

/**
 * What people need to find out why a guest ended: the last exceptions, a likely cause, registers, code, stack.
 *
 * @param state the vCPU's registers
 * @param faults its last exceptions, the newest last
 * @param memory its memory
 */
public record VcpuReport(VcpuState state, List<Fault> faults, LinearReader memory) {
    private static final String[] NAMES = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
    };
    private static final int EFER = 0xC0000080;
    private static final int STACK_WORDS = 8;

    /** Copies the list. */
    public VcpuReport {
        faults = List.copyOf(faults);
    }

    /** The report, several lines, each indented. */
    public String text() {
        var text = new StringBuilder();
        exceptions(text);
        new Hints(this)
                .likely()
                .ifPresent(hint -> text.append("  likely: ").append(hint).append('\n'));
        registers(text);
        new CodeListing(memory, codeSize(), codeLinear()).appendTo(text);
        stack(text);
        return text.toString().stripTrailing();
    }

    private void exceptions(StringBuilder text) {
        if (!faults.isEmpty()) {
            text.append("  last exceptions, the newest first:\n");
            faults.reversed().forEach(fault -> text.append("    ").append(fault).append('\n'));
        }
    }

    long efer() {
        return state.msrs().stream()
                .filter(msr -> msr.number() == EFER)
                .mapToLong(Msr::value)
                .findFirst()
                .orElse(0);
    }

    boolean longMode() {
        return (efer() & Bits.EFER_LMA) != 0;
    }

    boolean realMode() {
        return (state.cr0() & Bits.CR0_PE) == 0;
    }

    private boolean virtual8086() {
        return !realMode() && (state.rflags() & Bits.VM) != 0;
    }

    /** {@code Cpu.CODE16} to {@code CODE64}. */
    int codeSize() {
        int attributes = state.segments().get(Seg.CS).attributes();
        if (longMode() && (attributes & Seg.L) != 0) {
            return Cpu.CODE64;
        }
        return !realMode() && !virtual8086() && (attributes & Seg.DB) != 0 ? Cpu.CODE32 : Cpu.CODE16;
    }

    private long linear(int segment, long offset) {
        return codeSize() == Cpu.CODE64 ? offset : state.segments().get(segment).base() + offset & 0xFFFFFFFFL;
    }

    /** The instruction. */
    long codeLinear() {
        return linear(Seg.CS, state.rip());
    }

    /** The top of the stack. */
    long stackLinear() {
        boolean wide = codeSize() == Cpu.CODE64 || (state.segments().get(Seg.SS).attributes() & Seg.DB) != 0;
        return linear(Seg.SS, state.general()[4] & (wide ? -1 : 0xFFFF));
    }

    private String mode() {
        if (realMode()) {
            return "real mode";
        }
        String paging = (state.cr0() & Bits.CR0_PG) == 0 ? ", paging off" : "";
        if (virtual8086()) {
            return "virtual-8086 mode" + paging;
        }
        return switch (codeSize()) {
                    case Cpu.CODE64 -> "64-bit mode";
                    case Cpu.CODE32 -> longMode() ? "compatibility mode" : "protected mode, 32-bit code";
                    default -> longMode() ? "compatibility mode, 16-bit code" : "protected mode, 16-bit code";
                }
                + paging;
    }

    private void registers(StringBuilder text) {
        for (int n = 0; n < NAMES.length; n++) {
            text.append("  %3s %016x".formatted(NAMES[n], state.general()[n]));
            text.append(n % 4 == 3 ? "\n" : "");
        }
        text.append("  rip %016x  rflags %08x  cpl %d  %s\n".formatted(state.rip(), state.rflags(), cpl(), mode()));
        text.append("  cr0 %x  cr2 %x  cr3 %x  cr4 %x  efer %x\n"
                .formatted(state.cr0(), state.cr2(), state.cr3(), state.cr4(), efer()));
        segment(text, "cs", Seg.CS);
        segment(text, "ss", Seg.SS);
        segment(text, "ds", Seg.DS);
        text.append('\n');
        segment(text, "es", Seg.ES);
        segment(text, "fs", Seg.FS);
        segment(text, "gs", Seg.GS);
        text.append('\n');
        text.append("  gdt %x limit %x  idt %x limit %x  tr %04x base %x limit %x\n"
                .formatted(
                        state.gdtr().base(),
                        state.gdtr().limit(),
                        state.idtr().base(),
                        state.idtr().limit(),
                        state.segments().get(Seg.TR).selector(),
                        state.segments().get(Seg.TR).base(),
                        state.segments().get(Seg.TR).limit()));
    }

    private int cpl() {
        return realMode() ? 0 : virtual8086() ? 3 : state.segments().get(Seg.SS).attributes() >> Seg.DPL_SHIFT & 3;
    }

    private void segment(StringBuilder text, String name, int index) {
        Segment segment = state.segments().get(index);
        text.append("  %s %04x base %x limit %x".formatted(name, segment.selector(), segment.base(), segment.limit()));
    }

    private void stack(StringBuilder text) {
        int word = codeSize() == Cpu.CODE64 ? 8 : codeSize() == Cpu.CODE32 ? 4 : 2;
        byte[] bytes = new byte[STACK_WORDS * word];
        int read = memory.read(stackLinear(), bytes) / word;
        text.append("  stack at %x:".formatted(stackLinear()));
        for (int n = 0; n < read; n++) {
            text.append(' ');
            for (int b = word - 1; b >= 0; b--) {
                text.append("%02x".formatted(bytes[n * word + b]));
            }
        }
        text.append(read == 0 ? " not mapped\n" : "\n");
    }
}
