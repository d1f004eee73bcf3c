package dev.backplane.x86.oracle;

import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import dev.backplane.x86.apic.ApicPort;
import dev.backplane.x86.apic.LocalApic;
import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.decode.Feature;
import dev.backplane.x86.fpu.X87Family;
import dev.backplane.x86.interp.Engine;
import dev.backplane.x86.interp.Stop;
import dev.backplane.x86.mmu.GuestRam;
import dev.backplane.x86.simd.SimdFamily;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Platform;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;
import dev.backplane.x86.system.CpuModel;
import dev.backplane.x86.system.CpuidTable;
import dev.backplane.x86.system.VcpuClock;
import dev.backplane.x86.system.VcpuSystem;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;

/**
 * The interpreter with the address space of {@link SiliconLayout} and descriptor tables like Linux's. A case runs at CPL 3 and
 * ends with an exception, whose frame on the kernel's stack is the result.
 */
final class Interpreted {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private static final long KERNEL = 0xFFFF_8000_0000_0000L;
    private static final long TABLES = 0x10_0000;
    private static final long GDT = 0x1000;
    private static final long IDT = 0x2000;
    private static final long TSS = 0x3000;
    private static final long HANDLERS = 0x4000;
    private static final long STACK_TOP = 0x6000;
    private static final long DATA = 0x8000;
    private static final long CONSTANT = 0xA000;
    private static final long CODE = 0xC000;

    private static final int USER_CODE = 0x33;
    private static final int USER_CODE_32 = 0x23;
    private static final long NO_EXECUTE = Long.MIN_VALUE;
    private static final int LIMIT = 2000;

    final Cpu cpu;
    private final MemorySegment bytes = Arena.ofAuto().allocate(4 << 20, 4096);
    private final GuestRam ram = new GuestRam(bytes);
    private final Engine engine;
    private long nextTable = TABLES + 0x1000;

    Interpreted() {
        CpuModel model = CpuModel.all().getLast();
        VcpuClock clock = new VcpuClock(new StoppedClock());
        cpu = new Cpu(ram, new NoDevices(), 0);
        var apic = new LocalApic(0, clock, new NoPort());
        CpuidTable cpuid = CpuidTable.of(model, 0, 1, 1_000_000_000L);
        var system = new VcpuSystem(cpu, ram, model, cpuid, apic, clock, () -> 0x0123_4567_89AB_CDEFL);
        var families = List.of(system, new X87Family(), new SimdFamily());
        engine = new Engine(cpu, new Decoder(EnumSet.allOf(Feature.class)), system.events(), families);
        cpu.widestShift = HostCpu.has("la57") ? 64 - 57 : 64 - 48;
        map();
        tables();
        cpu.cr3 = TABLES;
        cpu.cr4 = Bits.CR4_PAE
                | Bits.CR4_OSFXSR
                | Bits.CR4_OSXMMEXCPT
                | Bits.CR4_OSXSAVE
                | Bits.CR4_FSGSBASE
                | Bits.CR4_UMIP;
        cpu.cr0 = Bits.CR0_PE | Bits.CR0_PG | Bits.CR0_WP | Bits.CR0_AM | Bits.CR0_NE | Bits.CR0_MP | Bits.CR0_ET;
        cpu.efer = Bits.EFER_LME | Bits.EFER_LMA | Bits.EFER_NXE | Bits.EFER_SCE;
        cpu.xcr0 = 7;
    }

    private void map() {
        for (long page = 0; page < 0x8000; page += 0x1000) {
            map(KERNEL + page, page | 3);
        }
        for (int n = 0; n < 2; n++) {
            long page = n * 0x1000L;
            map(SiliconLayout.CODE + page, CODE + page | 5);
            for (long data : new long[] {SiliconLayout.DATA, SiliconLayout.HIGH_DATA}) {
                map(data + page, DATA + page | 7 | NO_EXECUTE);
                map(data + SiliconLayout.ALONE * (n + 1), DATA + page | 7 | NO_EXECUTE);
            }
        }
        map(SiliconLayout.CONSTANT, CONSTANT | 5 | NO_EXECUTE);
    }

    private void map(long linear, long entry) {
        long table = TABLES;
        for (int shift = 39; shift > 12; shift -= 9) {
            long at = table + (linear >>> shift - 3 & 0xFF8);
            long next = bytes.get(LONG, at);
            if (next == 0) {
                next = nextTable | 7;
                nextTable += 0x1000;
                bytes.set(LONG, at, next);
            }
            table = next & -4096;
        }
        bytes.set(LONG, table + (linear >>> 9 & 0xFF8), entry);
    }

    /** Linux's GDT, as far as user mode can tell, and a halting handler for every vector. */
    private void tables() {
        bytes.set(LONG, GDT + 0x10, 0x00AF_9B00_0000_FFFFL);
        bytes.set(LONG, GDT + 0x18, 0x00CF_9300_0000_FFFFL);
        bytes.set(LONG, GDT + 0x20, 0x00CF_FB00_0000_FFFFL);
        bytes.set(LONG, GDT + 0x28, 0x00CF_F300_0000_FFFFL);
        bytes.set(LONG, GDT + 0x30, 0x00AF_FB00_0000_FFFFL);
        bytes.set(
                LONG,
                GDT + 0x40,
                0x0000_8B00_0000_0067L | (KERNEL + TSS & 0xFFFFFF) << 16 | (KERNEL + TSS >>> 24 & 0xFF) << 56);
        bytes.set(LONG, GDT + 0x48, KERNEL >>> 32);
        bytes.set(LONG, GDT + 0x78, 0x0040_F500_0000_0000L);
        for (int vector = 0; vector < 256; vector++) {
            long handler = KERNEL + HANDLERS + vector * 16L;
            int access = vector == 3 || vector == 4 || vector == 0x80 ? 0xEE : 0x8E;
            bytes.set(
                    LONG,
                    IDT + vector * 16L,
                    handler & 0xFFFF | 0x10L << 16 | (long) access << 40 | (handler >>> 16 & 0xFFFF) << 48);
            bytes.set(LONG, IDT + vector * 16L + 8, handler >>> 32);
            bytes.set(ValueLayout.JAVA_BYTE, HANDLERS + vector * 16L, (byte) 0xF4);
        }
        bytes.set(LONG, TSS + 4, KERNEL + STACK_TOP);
        bytes.set(ValueLayout.JAVA_SHORT, TSS + 0x66, (short) 0x68);
        cpu.gdtBase = KERNEL + GDT;
        cpu.gdtLimit = 0x7F;
        cpu.idtBase = KERNEL + IDT;
        cpu.idtLimit = 0xFFF;
        cpu.selector[Seg.TR] = 0x40;
        cpu.segmentBase[Seg.TR] = KERNEL + TSS;
        cpu.segmentLimit[Seg.TR] = 0x67;
        cpu.segmentAttributes[Seg.TR] = Seg.P | 0xB;
        cpu.selector[Seg.LDTR] = 0;
        cpu.segmentAttributes[Seg.LDTR] = Seg.UNUSABLE;
    }

    /** Takes over the pages of code, and the pages of data and constants around the window. */
    void load(MemorySegment code, MemorySegment data, MemorySegment constant) {
        MemorySegment.copy(code, 0, bytes, CODE, SiliconLayout.CODE_BYTES);
        ram.written(CODE, SiliconLayout.CODE_BYTES);
        MemorySegment.copy(data, 0, bytes, DATA, 2L * SiliconLayout.PAGE);
        MemorySegment.copy(constant, 0, bytes, CONSTANT, SiliconLayout.PAGE);
    }

    /** The pages of data. */
    MemorySegment data() {
        return bytes.asSlice(DATA, 2L * SiliconLayout.PAGE);
    }

    /** Runs a case. */
    void run(OracleState in, OracleState out) {
        enter(in);
        long limit = cpu.instructions + LIMIT;
        Stop stop;
        do {
            stop = engine.run(limit);
        } while (stop == Stop.PAUSED);
        if (stop != Stop.HALTED) {
            throw new IllegalStateException("stopped by %s at %x".formatted(stop, cpu.rip));
        }
        leave(out);
    }

    private void enter(OracleState in) {
        System.arraycopy(in.gpr, 0, cpu.r, 0, 16);
        cpu.rip = in.rip;
        cpu.halted = false;
        cpu.interruptShadow = false;
        cpu.cpl = 3;
        cpu.setFlags((int) in.rflags);
        boolean wide = in.cs == USER_CODE;
        segment(Seg.CS, in.cs, Seg.CODE | Seg.WRITABLE | Seg.ACCESSED | (wide ? Seg.L : Seg.DB));
        for (int s : new int[] {Seg.ES, Seg.SS, Seg.DS}) {
            segment(s, s == Seg.SS ? in.ss : in.segments[0], Seg.WRITABLE | Seg.ACCESSED | Seg.DB);
        }
        segment(Seg.FS, 0, 0);
        segment(Seg.GS, 0, 0);
        cpu.segmentBase[Seg.FS] = SiliconLayout.FS_BASE;
        cpu.segmentBase[Seg.GS] = SiliconLayout.GS_BASE;
        MemorySegment.copy(
                in.memory,
                0,
                bytes,
                ValueLayout.JAVA_BYTE,
                DATA + SiliconLayout.WINDOW - SiliconLayout.DATA,
                in.memory.length);
        for (int n = 0; n < 16; n++) {
            cpu.xmm[2 * n] = in.xmmLow(n);
            cpu.xmm[2 * n + 1] = in.xmmHigh(n);
        }
        if (HostCpu.has("avx")) {
            System.arraycopy(in.ymm, 0, cpu.ymm, 0, in.ymm.length);
        }
        cpu.mxcsr = in.mxcsr();
        cpu.fpu.loadControl(in.fcw());
        cpu.fpu.loadStatus(in.fsw());
        cpu.fpu.valid = in.ftw();
        cpu.fpu.opcode = in.fop() & 0x7FF;
        cpu.fpu.instructionPointer = in.fip();
        cpu.fpu.dataPointer = in.fdp();
        for (int n = 0; n < 8; n++) {
            int register = (in.fsw() >> 11) + n & 7;
            cpu.fpu.significand[register] = in.stMantissa(n);
            cpu.fpu.signExponent[register] = in.stSignExponent(n);
        }
        cpu.modeChanged();
    }

    private void segment(int index, int selector, int attributes) {
        cpu.selector[index] = selector;
        cpu.segmentBase[index] = 0;
        cpu.segmentLimit[index] = (selector & ~3) == 0 ? 0 : 0xFFFFFFFFL;
        cpu.segmentAttributes[index] =
                (selector & ~3) == 0 ? Seg.UNUSABLE : attributes | Seg.P | Seg.S | Seg.DPL | Seg.G;
    }

    private void leave(OracleState out) {
        System.arraycopy(cpu.r, 0, out.gpr, 0, 16);
        long handler = cpu.rip - 1 - (KERNEL + HANDLERS);
        out.vector = (int) (handler >> 4);
        long frame = cpu.r[Gpr.RSP] - KERNEL;
        boolean hasError = (1 << out.vector & (1 << Vector.DF | 0x7C00 | 1 << Vector.AC)) != 0;
        out.error = hasError ? bytes.get(LONG, frame) : 0;
        frame += hasError ? 8 : 0;
        out.rip = bytes.get(LONG, frame);
        out.cs = (int) bytes.get(LONG, frame + 8);
        out.rflags = bytes.get(LONG, frame + 16);
        out.gpr[Gpr.RSP] = bytes.get(LONG, frame + 24);
        out.ss = (int) bytes.get(LONG, frame + 32);
        out.cr2 = out.vector == Vector.PF ? cpu.cr2 : 0;
        int[] order = {Seg.DS, Seg.ES, Seg.FS, Seg.GS};
        for (int n = 0; n < order.length; n++) {
            int selector = cpu.selector[order[n]];
            out.segments[n] = selector < 4 ? 0 : selector;
        }
        MemorySegment.copy(
                bytes,
                ValueLayout.JAVA_BYTE,
                DATA + SiliconLayout.WINDOW - SiliconLayout.DATA,
                out.memory,
                0,
                out.memory.length);
        for (int n = 0; n < 16; n++) {
            out.xmm(n, cpu.xmm[2 * n], cpu.xmm[2 * n + 1]);
        }
        System.arraycopy(cpu.ymm, 0, out.ymm, 0, out.ymm.length);
        out.mxcsr(cpu.mxcsr);
        out.fcw(cpu.fpu.control);
        out.fsw(cpu.fpu.status);
        out.ftw(cpu.fpu.valid);
        out.fop(cpu.fpu.opcode);
        out.fip(cpu.fpu.instructionPointer);
        out.fdp(cpu.fpu.dataPointer);
        for (int n = 0; n < 8; n++) {
            int register = (cpu.fpu.status >> 11) + n & 7;
            out.st(n, cpu.fpu.significand[register], cpu.fpu.signExponent[register]);
        }
    }

    /** Nothing around the processor. */
    private static final class NoDevices implements Platform {
        @Override
        public int portIn(int port, int size) {
            return -1;
        }

        @Override
        public void portOut(int port, int size, int value) {}

        @Override
        public long mmioRead(long address, int size) {
            return -1;
        }

        @Override
        public void mmioWrite(long address, int size, long value) {}

        @Override
        public int acknowledgeInterrupt() {
            return -1;
        }

        @Override
        public long timestamp() {
            return 0;
        }
    }

    private static final class NoPort implements ApicPort {
        @Override
        public void wake() {}

        @Override
        public void endOfInterrupt(int vector) {}

        @Override
        public void timerDue(long dueNanos) {}
    }

    private static final class StoppedClock implements GuestClock {
        @Override
        public long nanos() {
            return 0;
        }

        @Override
        public long tscHz() {
            return 1_000_000_000;
        }

        @Override
        public long tsc() {
            return 0;
        }

        @Override
        public long nanosAtTsc(long tsc) {
            return tsc;
        }

        @Override
        public Instant wall() {
            return Instant.EPOCH;
        }

        @Override
        public GuestTimer timer(Runnable handler) {
            throw new UnsupportedOperationException();
        }
    }
}
