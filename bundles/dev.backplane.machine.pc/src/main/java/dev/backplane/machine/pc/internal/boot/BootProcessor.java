package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.cpu.VcpuState.Segment;
import dev.backplane.api.cpu.VcpuState.Table;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/**
 * The boot processor as a loader leaves it: everything as after power-on (Intel SDM 3A, table 10-1), but for what the boot
 * protocol says, and with the local APIC as firmware hands it over: 8259 through LINT0, NMI on LINT1 ("virtual wire", MP 1.4,
 * 3.6.2.2).
 */
final class BootProcessor {
    static final int RAX = 0;
    static final int RBX = 3;
    static final int RDX = 2;
    static final int RSP = 4;
    static final int RSI = 6;

    private static final int EFER = 0xc000_0080;
    private static final int PAT = 0x277;
    private static final long PAT_AFTER_RESET = 0x0007_0406_0007_0406L;
    private static final long CR0_PE = 1;
    private static final long CR0_ET = 1 << 4;
    private static final long CR0_PG = 0x8000_0000L;
    private static final long CR4_PAE = 1 << 5;
    private static final long EFER_LME_LMA = 0x500;
    private static final Segment LDTR = new Segment(0, 0, 0xffff, 0x82);

    private final long[] general = new long[16];
    private final Segment code;
    private final Segment data;
    private final Segment task;
    private final Table gdtr;
    private final long cr0;
    private final long cr3;
    private final long cr4;
    private final long efer;

    private BootProcessor(
            Segment code, Segment data, Segment task, Table gdtr, long cr0, long cr3, long cr4, long efer) {
        this.code = code;
        this.data = data;
        this.task = task;
        this.gdtr = gdtr;
        this.cr0 = cr0;
        this.cr3 = cr3;
        this.cr4 = cr4;
        this.efer = efer;
    }

    /** Real mode with all segments at 0. */
    static BootProcessor realMode() {
        Segment code = new Segment(0, 0, 0xffff, 0x9b);
        Segment data = new Segment(0, 0, 0xffff, 0x93);
        Segment task = new Segment(0, 0, 0xffff, 0x8b);
        return new BootProcessor(code, data, task, new Table(0, 0xffff), CR0_ET, 0, 0, 0);
    }

    /** Protected mode without paging, flat segments of 4 GiB from {@link Gdt}. */
    static BootProcessor protectedMode() {
        return new BootProcessor(Gdt.code32(), Gdt.data(), Gdt.task(), Gdt.table(), CR0_PE | CR0_ET, 0, 0, 0);
    }

    /**
     * Long mode, flat segments from {@link Gdt}.
     *
     * @param cr3 the page tables
     */
    static BootProcessor longMode(long cr3) {
        return new BootProcessor(
                Gdt.code64(),
                Gdt.data(),
                Gdt.task(),
                Gdt.table(),
                CR0_PE | CR0_ET | CR0_PG,
                cr3,
                CR4_PAE,
                EFER_LME_LMA);
    }

    BootProcessor with(int register, long value) {
        general[register] = value;
        return this;
    }

    VcpuState at(long entry) {
        return new VcpuState(
                VcpuState.Activity.ACTIVE,
                general.clone(),
                entry,
                2,
                List.of(data, code, data, data, data, data, LDTR, task),
                gdtr,
                new Table(0, (cr0 & CR0_PE) == 0 ? 0x3ff : 0),
                cr0,
                0,
                cr3,
                cr4,
                0,
                1,
                new long[] {0, 0, 0, 0, 0xffff_0ff0L, 0x400},
                List.of(new VcpuState.Msr(EFER, efer), new VcpuState.Msr(PAT, PAT_AFTER_RESET)),
                extendedState(),
                virtualWire(),
                Optional.empty(),
                Optional.empty(),
                false,
                false,
                false);
    }

    /** x87 and SSE as FNINIT and reset leave them (Intel SDM 1, 13.4 and 8.1). */
    private static byte[] extendedState() {
        ByteBuffer area = ByteBuffer.allocate(576).order(ByteOrder.LITTLE_ENDIAN);
        area.putShort(0, (short) 0x37f);
        area.putInt(24, 0x1f80);
        area.putLong(512, 3);
        return area.array();
    }

    private static VcpuState.Apic virtualWire() {
        ByteBuffer page = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
        int masked = 1 << 16;
        page.putInt(0xe0, 0xffff_ffff);
        page.putInt(0xf0, 0x1ff);
        page.putInt(0x2f0, masked);
        page.putInt(0x320, masked);
        page.putInt(0x330, masked);
        page.putInt(0x340, masked);
        page.putInt(0x350, 0x700);
        page.putInt(0x360, 0x400);
        page.putInt(0x370, masked);
        return new VcpuState.Apic(0xfee0_0900L, page.array(), 0, 0);
    }
}
