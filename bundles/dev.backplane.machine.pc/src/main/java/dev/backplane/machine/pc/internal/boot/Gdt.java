package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.cpu.VcpuState.Segment;
import dev.backplane.api.cpu.VcpuState.Table;
import dev.backplane.api.part.ConfigurationException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The descriptor table that every protocol beyond real mode starts with. The selectors are those of Linux's boot protocol
 * (code 0x10, data 0x18), which the others leave open.
 */
final class Gdt {
    private static final int CODE = 0x10;
    private static final int DATA = 0x18;
    private static final int TASK = 0x20;
    private static final int BYTES = 0x28;
    private static final long FLAT = 0xffff_ffffL;

    private Gdt() {}

    static Segment code64() {
        return new Segment(CODE, 0, FLAT, 0xa09b);
    }

    static Segment code32() {
        return new Segment(CODE, 0, FLAT, 0xc09b);
    }

    static Segment data() {
        return new Segment(DATA, 0, FLAT, 0xc093);
    }

    /** A TSS that nobody uses: processors want one that is valid. */
    static Segment task() {
        return new Segment(TASK, 0, 0x67, 0x8b);
    }

    static Table table() {
        return new Table(LowMemory.GDT, BYTES - 1);
    }

    static void place(BootMemory memory, Segment code) throws ConfigurationException {
        ByteBuffer table = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        table.putLong(CODE, descriptor(code));
        table.putLong(DATA, descriptor(data()));
        table.putLong(TASK, descriptor(task()));
        memory.place("descriptor table", LowMemory.GDT, table.array());
    }

    /** Intel SDM 3A, figure 3-8. */
    private static long descriptor(Segment segment) {
        boolean pages = (segment.attributes() & 0x8000) != 0;
        long limit = pages ? segment.limit() >>> 12 : segment.limit();
        return limit & 0xffff
                | (segment.base() & 0xff_ffff) << 16
                | (segment.attributes() & 0xf0ffL) << 40
                | (limit >>> 16 & 0xf) << 48
                | (segment.base() >>> 24 & 0xff) << 56;
    }
}
