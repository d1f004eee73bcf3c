package dev.backplane.x86.vcpu;

import dev.backplane.api.debug.TraceKind;
import dev.backplane.api.debug.TraceSink;
import dev.backplane.x86.disasm.Disassembler;
import dev.backplane.x86.disasm.Disassembler.Line;
import dev.backplane.x86.mmu.Mmu;
import dev.backplane.x86.report.LinearReader;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Tracer;
import dev.backplane.x86.state.Vector;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;

/** One vCPU's trace as lines of text. */
final class TraceWriter implements Tracer {
    private static final HexFormat HEX = HexFormat.ofDelimiter(" ");
    private static final int PRESENT = 1;

    private final Cpu cpu;
    private final LinearReader memory;
    private final TraceSink sink;
    private final EnumSet<TraceKind> kinds;
    private final Disassembler disassembler = new Disassembler();

    TraceWriter(Cpu cpu, LinearReader memory, Set<TraceKind> kinds, TraceSink sink) {
        this.cpu = cpu;
        this.memory = memory;
        this.sink = sink;
        this.kinds = EnumSet.copyOf(kinds);
    }

    private void tell(TraceKind kind, long address, String text) {
        sink.line(cpu.index, kind, address, text);
    }

    @Override
    public boolean wantsInstructions() {
        return kinds.contains(TraceKind.EXEC);
    }

    @Override
    public void instruction(long linear, int length) {
        byte[] code = new byte[length];
        if (memory.read(linear, code) < length) {
            tell(TraceKind.EXEC, linear, "%016x  (not in RAM)".formatted(linear));
            return;
        }
        Line line = disassembler.at(code, 0, length, cpu.mode & Cpu.CODE_SIZE, linear);
        tell(TraceKind.EXEC, linear, "%016x  %-24s %s".formatted(linear, HEX.formatHex(code), line.text()));
    }

    @Override
    public boolean wantsBlocks() {
        return kinds.contains(TraceKind.BLOCKS);
    }

    @Override
    public void block(long linear, String listing) {
        listing.lines().forEach(line -> tell(TraceKind.BLOCKS, linear, line));
    }

    @Override
    public void translated(long linear, long physical, int access) {
        if (kinds.contains(TraceKind.MMU)) {
            tell(TraceKind.MMU, linear, "%016x -> %x %s".formatted(linear, physical, access(access)));
        }
    }

    @Override
    public void pageFault(long linear, int errorCode) {
        if (kinds.contains(TraceKind.MMU)) {
            tell(
                    TraceKind.MMU,
                    linear,
                    "%016x -> page fault, %s%s"
                            .formatted(
                                    linear,
                                    access(errorCode),
                                    (errorCode & PRESENT) == 0 ? ", not present" : ", forbidden"));
        }
    }

    private static String access(int bits) {
        String what = (bits & Mmu.I) != 0 ? "fetch" : (bits & Mmu.W) != 0 ? "write" : "read";
        return (bits & Mmu.U) != 0 ? what + " by user" : what;
    }

    @Override
    public void event(int vector, int errorCode, boolean exception) {
        if (kinds.contains(TraceKind.IRQ)) {
            long at = cpu.linear(Seg.CS, cpu.rip);
            String what = exception ? Vector.name(vector) : "interrupt %02x".formatted(vector);
            String error = errorCode < 0 ? "" : "(%04x)".formatted(errorCode);
            String address = exception && vector == Vector.PF ? ", cr2 %016x".formatted(cpu.cr2) : "";
            tell(
                    TraceKind.IRQ,
                    at,
                    "%s%s at %04x:%016x%s".formatted(what, error, cpu.selector[Seg.CS], cpu.rip, address));
        }
    }

    @Override
    public void access(boolean port, boolean write, long address, int size, long value) {
        if (kinds.contains(TraceKind.IO)) {
            String place = port ? "port %04x".formatted(address) : "address %x".formatted(address);
            tell(
                    TraceKind.IO,
                    cpu.linear(Seg.CS, cpu.rip),
                    ("%s %s, %d bytes: %0" + 2 * size + "x").formatted(write ? "write" : "read", place, size, value));
        }
    }
}
