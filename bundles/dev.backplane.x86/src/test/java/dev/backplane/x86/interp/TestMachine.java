package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.decode.Feature;
import dev.backplane.x86.mmu.GuestRam;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Platform;
import dev.backplane.x86.state.Seg;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;

/** A processor with some RAM, page tables for 64-bit user code and nothing around it: any exception stops it. */
public final class TestMachine implements SystemUnit {
    /** Linear and physical address of the code. */
    public static final long CODE = 0x10000;

    /** Physical address of the page that is mapped at the data address. */
    static final long DATA = 0x20000;

    /** Linear and physical address of the stack's page; its top is at the end. */
    static final long STACK = 0x30000;

    private static final long TABLES = 0x1000;
    private static final int SIZE = 4 << 20;

    final GuestRam ram;
    public final Cpu cpu;
    final Engine engine;
    final TestPlatform platform = new TestPlatform();
    /** The exception that stopped the last run, or -1. */
    public int vector = -1;
    /** Exceptions do not stop it: the guest goes on where it was. */
    boolean deliverable;

    private final long tables;
    private long nextTable;

    TestMachine() {
        this(List.of());
    }

    /** A processor that knows instructions beyond the integer ones. */
    public TestMachine(List<OpFamily> families) {
        this(new GuestRam(Arena.ofAuto().allocate(SIZE, 4096)), 0, families);
    }

    /** Another vCPU of the same machine, with page tables of its own. */
    TestMachine(TestMachine other) {
        this(other.ram, 1, List.of());
    }

    private TestMachine(GuestRam ram, int index, List<OpFamily> families) {
        this(ram, index, families, CodeBudget.ofHeap());
    }

    /** One of several processors that share a budget for decoded code. */
    TestMachine(GuestRam ram, int index, List<OpFamily> families, CodeBudget budget) {
        this.ram = ram;
        tables = TABLES + index * 0x7000L;
        nextTable = tables + 0x1000;
        cpu = new Cpu(ram, platform, index);
        engine = new Engine(cpu, new Decoder(EnumSet.allOf(Feature.class)), this, families, budget);
    }

    /** 64-bit mode at CPL 3 with code, stack and one data page mapped at {@code data}. */
    public TestMachine userMode(long data) {
        map(CODE, CODE);
        map(CODE + 0x1000, CODE + 0x1000);
        map(STACK, STACK);
        map(data, DATA);
        cpu.cr3 = tables;
        cpu.cr4 = Bits.CR4_PAE | Bits.CR4_OSFXSR;
        cpu.cr0 = Bits.CR0_PE | Bits.CR0_PG | Bits.CR0_WP;
        cpu.efer = Bits.EFER_LME | Bits.EFER_LMA | Bits.EFER_NXE;
        cpu.cpl = 3;
        cpu.selector[Seg.CS] = 0x33;
        cpu.segmentAttributes[Seg.CS] = Seg.P | Seg.S | Seg.CODE | Seg.WRITABLE | Seg.L | Seg.DPL;
        cpu.segmentAttributes[Seg.SS] = Seg.P | Seg.S | Seg.WRITABLE | Seg.DPL | Seg.DB;
        cpu.systemFlags = 2 | Bits.IF;
        cpu.modeChanged();
        return this;
    }

    /** Real mode as reset leaves it, but at 0:{@link #CODE} through a code segment with that base. */
    TestMachine realMode() {
        for (int s = 0; s < Seg.COUNT; s++) {
            cpu.segmentLimit[s] = 0xFFFF;
            cpu.segmentAttributes[s] = Seg.P | Seg.S | Seg.WRITABLE;
        }
        cpu.selector[Seg.CS] = (int) (CODE >> 4);
        cpu.segmentBase[Seg.CS] = CODE;
        cpu.modeChanged();
        return this;
    }

    /** Flat 32-bit protected mode without paging, at CPL 0. */
    TestMachine flat32() {
        for (int s = 0; s < 6; s++) {
            cpu.segmentLimit[s] = 0xFFFFFFFFL;
            cpu.segmentAttributes[s] = Seg.P | Seg.S | Seg.WRITABLE | Seg.DB | Seg.G;
        }
        cpu.segmentAttributes[Seg.CS] |= Seg.CODE;
        cpu.cr0 = Bits.CR0_PE;
        cpu.modeChanged();
        return this;
    }

    void map(long linear, long physical) {
        map(linear, physical, 7);
    }

    void map(long linear, long physical, long bits) {
        long table = tables;
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
        ram.bytes().set(ValueLayout.JAVA_LONG, table + (linear >>> 9 & 0xFF8), physical | bits);
    }

    /** Puts code at {@link #CODE} plus an offset, with UD2 behind it, and points rip there. */
    public void code(int offset, byte... code) {
        cpu.rip = CODE + offset - cpu.segmentBase[Seg.CS];
        MemorySegment.copy(code, 0, ram.bytes(), ValueLayout.JAVA_BYTE, CODE + offset, code.length);
        ram.bytes().set(ValueLayout.JAVA_BYTE, CODE + offset + code.length, (byte) 0x0F);
        ram.bytes().set(ValueLayout.JAVA_BYTE, CODE + offset + code.length + 1, (byte) 0x0B);
        ram.written(CODE + offset, code.length + 2);
    }

    /** The same from hexadecimal digits, blanks between them allowed. */
    void code(String hex) {
        code(0, HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    long memory(long physical) {
        return ram.bytes().get(ValueLayout.JAVA_LONG_UNALIGNED, physical);
    }

    void memory(long physical, long value) {
        ram.bytes().set(ValueLayout.JAVA_LONG_UNALIGNED, physical, value);
    }

    /** Runs until an exception; the UD2 behind the code is the normal one. */
    public Stop run() {
        vector = -1;
        return engine.run();
    }

    @Override
    public boolean deliverException(Cpu c) {
        vector = c.faultVector;
        return deliverable;
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

    /** Ports and memory without anything behind them; remembers the last write. */
    static final class TestPlatform implements Platform {
        int lastPort = -1;
        long lastValue;
        int interrupt = -1;
        Runnable onWrite = () -> {};

        @Override
        public int portIn(int port, int size) {
            return port;
        }

        @Override
        public void portOut(int port, int size, int value) {
            lastPort = port;
            lastValue = value;
            onWrite.run();
        }

        @Override
        public long mmioRead(long address, int size) {
            return -1L >>> 64 - (size << 3);
        }

        @Override
        public void mmioWrite(long address, int size, long value) {
            lastValue = value;
        }

        @Override
        public int acknowledgeInterrupt() {
            int vector = interrupt;
            interrupt = -1;
            return vector;
        }

        @Override
        public long timestamp() {
            return 0;
        }
    }
}
