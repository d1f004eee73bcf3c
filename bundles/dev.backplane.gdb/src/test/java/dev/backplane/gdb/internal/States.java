package dev.backplane.gdb.internal;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.cpu.VcpuState.Msr;
import dev.backplane.api.cpu.VcpuState.Segment;
import dev.backplane.api.cpu.VcpuState.Table;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** States whose registers tell themselves apart. */
final class States {
    private States() {}

    /** Real mode, or 64-bit mode. */
    static VcpuState of(boolean realMode) {
        List<Segment> segments = IntStream.range(0, 8)
                .mapToObj(n -> new Segment(0x10 * n, 0x1000L * n, 0xffff, 0x93))
                .toList();
        byte[] xsave = new byte[576];
        xsave[0] = 0x7f;
        xsave[1] = 3;
        xsave[24] = (byte) 0x80;
        xsave[25] = 0x1f;
        xsave[160] = 0x42;
        xsave[512] = 3;
        return new VcpuState(
                VcpuState.Activity.ACTIVE,
                LongStream.range(0, 16).map(n -> 0x1111111111111111L * n).toArray(),
                0x7c00,
                0x202,
                segments,
                new Table(0x500, 0x17),
                new Table(0x600, 0x3ff),
                realMode ? 0x10 : 0x80000011L,
                2,
                3,
                4,
                8,
                1,
                new long[6],
                List.of(new Msr(RegisterFile.EFER, realMode ? 0 : 0x500)),
                xsave,
                new VcpuState.Apic(0, new byte[4096], 0, 0),
                Optional.empty(),
                Optional.empty(),
                false,
                false,
                false);
    }
}
