package dev.backplane.cpu.bt.internal.run;

import dev.backplane.cpu.bt.internal.translate.Fidelity;
import dev.backplane.testkit.VirtualClock;
import dev.backplane.x86.apic.ApicPort;
import dev.backplane.x86.apic.LocalApic;
import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.decode.Feature;
import dev.backplane.x86.fpu.X87Family;
import dev.backplane.x86.interp.Engine;
import dev.backplane.x86.interp.Stop;
import dev.backplane.x86.interp.SystemUnit;
import dev.backplane.x86.mmu.GuestRam;
import dev.backplane.x86.simd.SimdFamily;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Platform;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.system.CpuModel;
import dev.backplane.x86.system.CpuidTable;
import dev.backplane.x86.system.VcpuClock;
import dev.backplane.x86.system.VcpuSystem;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;

/** A processor in 64-bit user mode with some pages mapped; any exception stops it. Runs translated or interpreted. */
final class BtMachine implements SystemUnit, AutoCloseable {
    static final long CODE = 0x10000;
    static final long DATA = 0x20000;
    static final long STACK = 0x30000;
    private static final long TABLES = 0x1000;

    final GuestRam ram;
    final Cpu cpu;
    final Engine interpreter;
    final Translation translation;
    int vector = -1;
    private long nextTable = TABLES + 0x1000;

    BtMachine(Fidelity fidelity) {
        this(fidelity, 4 << 20);
    }

    BtMachine(Fidelity fidelity, long ramBytes) {
        this(fidelity, ram(ramBytes), 0, verified());
    }

    BtMachine(Fidelity fidelity, BlockWatch watch) {
        this(fidelity, ram(4 << 20), 0, watch);
    }

    private static GuestRam ram(long bytes) {
        return new GuestRam(Arena.ofShared().allocate(bytes, 4096));
    }

    private static BlockWatch verified() {
        return new BlockWatch(BlockWatch.verifier(), null);
    }

    /** Another vCPU with the same RAM and page tables. */
    BtMachine(BtMachine other, int index) {
        this(Fidelity.USUAL, other.ram, index, verified());
    }

    private BtMachine(Fidelity fidelity, GuestRam ram, int index, BlockWatch watch) {
        this.ram = ram;
        cpu = new Cpu(ram, new Nothing(), index);
        interpreter = new Engine(
                cpu,
                new Decoder(EnumSet.allOf(Feature.class)),
                this,
                List.of(system(ram, index), new X87Family(), new SimdFamily()));
        translation =
                new Translation(cpu, interpreter, new Decoder(EnumSet.allOf(Feature.class)), 4 << 20, fidelity, watch);
    }

    private VcpuSystem system(GuestRam ofRam, int index) {
        var clock = new VcpuClock(new VirtualClock());
        var apic = new LocalApic(index, clock, new ApicPort() {
            @Override
            public void wake() {}

            @Override
            public void endOfInterrupt(int v) {}

            @Override
            public void timerDue(long dueNanos) {}
        });
        CpuModel model = CpuModel.named("x86-64-v2").orElseThrow();
        return new VcpuSystem(cpu, ofRam, model, CpuidTable.of(model, index, 1, 1_000_000_000), apic, clock, () -> 0);
    }

    BtMachine userMode() {
        cpu.cr3 = TABLES;
        cpu.cr4 = Bits.CR4_PAE | Bits.CR4_OSFXSR | Bits.CR4_OSXSAVE;
        cpu.xcr0 = 7;
        cpu.cr0 = Bits.CR0_PE | Bits.CR0_PG | Bits.CR0_WP;
        cpu.efer = Bits.EFER_LME | Bits.EFER_LMA | Bits.EFER_NXE;
        cpu.cpl = 3;
        Arrays.fill(cpu.segmentBase, 0);
        cpu.selector[Seg.CS] = 0x33;
        cpu.segmentAttributes[Seg.CS] = Seg.P | Seg.S | Seg.CODE | Seg.WRITABLE | Seg.L | Seg.DPL;
        cpu.segmentAttributes[Seg.SS] = Seg.P | Seg.S | Seg.WRITABLE | Seg.DPL | Seg.DB;
        cpu.systemFlags = 2 | Bits.IF;
        cpu.modeChanged();
        return this;
    }

    void map(long linear, long physical) {
        map(linear, physical, 7);
    }

    /** A page that is not written to: code that must stay as it is whatever the guest does. */
    void mapReadOnly(long linear, long physical) {
        map(linear, physical, 5);
    }

    /** Maps a page with some of the bits present (1), writable (2), user (4). */
    void map(long linear, long physical, int access) {
        long table = TABLES;
        for (int shift = 39; shift > 12; shift -= 9) {
            long at = table + (linear >>> shift - 3 & 0xFF8);
            long entry = ram.bytes().get(ValueLayout.JAVA_LONG, at);
            if (entry == 0) {
                entry = nextTable | 7;
                nextTable += 0x1000;
                ram.bytes().set(ValueLayout.JAVA_LONG, at, entry);
            }
            table = entry & -4096;
        }
        ram.bytes().set(ValueLayout.JAVA_LONG, table + (linear >>> 9 & 0xFF8), physical | access);
    }

    /** Puts code at a physical address, with UD2 behind it. */
    void code(long at, byte... code) {
        MemorySegment.copy(code, 0, ram.bytes(), ValueLayout.JAVA_BYTE, at, code.length);
        ram.bytes().set(ValueLayout.JAVA_BYTE, at + code.length, (byte) 0x0F);
        ram.bytes().set(ValueLayout.JAVA_BYTE, at + code.length + 1, (byte) 0x0B);
        ram.written(at, code.length + 2);
        // Served at once, so that the first instruction is not left to the interpreter for it.
        cpu.takeRequests();
        cpu.mmu.serveMailbox();
    }

    Stop run(boolean translated) {
        vector = -1;
        return translated ? translation.run() : interpreter.run();
    }

    @Override
    public boolean deliverException(Cpu c) {
        vector = c.faultVector;
        return false;
    }

    @Override
    public boolean deliverInterrupt(Cpu c, int v) {
        vector = v;
        return false;
    }

    @Override
    public boolean deliverNmi(Cpu c) {
        return false;
    }

    @Override
    public boolean deliverSingleStep(Cpu c) {
        vector = 1;
        return false;
    }

    @Override
    public void close() {
        translation.close();
    }

    private static final class Nothing implements Platform {
        @Override
        public int portIn(int port, int size) {
            return -1;
        }

        @Override
        public void portOut(int port, int size, int value) {}

        @Override
        public long mmioRead(long address, int size) {
            return -1L >>> 64 - (size << 3);
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
}
