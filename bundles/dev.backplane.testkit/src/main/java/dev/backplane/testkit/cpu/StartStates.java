package dev.backplane.testkit.cpu;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.cpu.VcpuState.Activity;
import dev.backplane.api.cpu.VcpuState.Segment;
import dev.backplane.api.cpu.VcpuState.Table;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/** StartStates to start from, and the tables that they expect in memory. */
public final class StartStates {
    /** Where tests put a program. */
    public static final long CODE = 0x8000;
    /** The stack, which grows down from here. */
    public static final long STACK = 0x7000;
    /** The global descriptor table, of three entries. */
    public static final long GDT = 0x1000;
    /** The interrupt descriptor table, of 256 gates. */
    public static final long IDT = 0x2000;

    private StartStates() {}

    /**
     * Flat 32-bit protected mode without paging, with the local APIC enabled by software and the 8259 on its LINT0.
     *
     * @param index the vCPU; 0 is the boot processor
     * @param rip where it starts
     * @return a new state
     */
    public static VcpuState protectedMode(int index, long rip) {
        long boot = index == 0 ? 0x100 : 0;
        Segment data = new Segment(0x10, 0, 0xffff_ffffL, 0xc093);
        Segment code = new Segment(8, 0, 0xffff_ffffL, 0xc09b);
        byte[] page = new byte[4096];
        ByteBuffer apic = ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN);
        apic.putInt(0xe0, -1).putInt(0xf0, 0x1ff).putInt(0x350, 0x700);
        for (int entry : new int[] {0x320, 0x330, 0x340, 0x360, 0x370}) {
            apic.putInt(entry, 0x10000);
        }
        long[] general = new long[16];
        general[4] = STACK;
        return new VcpuState(
                Activity.ACTIVE,
                general,
                rip,
                2,
                List.of(
                        data,
                        code,
                        data,
                        data,
                        data,
                        data,
                        new Segment(0, 0, 0xffff, 0x82),
                        new Segment(0, 0, 0xffff, 0x8b)),
                new Table(GDT, 0x17),
                new Table(IDT, 0x7ff),
                0x11,
                0,
                0,
                0,
                0,
                1,
                new long[] {0, 0, 0, 0, 0xffff_0ff0L, 0x400},
                List.of(),
                new byte[576],
                new VcpuState.Apic(0xfee0_0800L | boot, page, 0, 0),
                Optional.empty(),
                Optional.empty(),
                false,
                false,
                false);
    }

    /**
     * A GDT with flat code and data, and gates that lead to one handler.
     *
     * @param memory takes addresses and eight bytes each, for instance {@code machine::put64}
     * @param handler where the handler is
     * @param vectors the gates
     */
    public static void tables(Writer memory, long handler, int... vectors) {
        memory.put64(GDT + 8, 0x00cf_9a00_0000_ffffL);
        memory.put64(GDT + 16, 0x00cf_9200_0000_ffffL);
        for (int vector : vectors) {
            memory.put64(IDT + 8L * vector, handler & 0xffff | 8L << 16 | 0x8eL << 40 | (handler >>> 16) << 48);
        }
    }

    /** Writes to a guest's memory. */
    @FunctionalInterface
    public interface Writer {
        /**
         * Writes eight bytes.
         *
         * @param gpa where
         * @param value what, least significant byte first
         */
        void put64(long gpa, long value);
    }
}
