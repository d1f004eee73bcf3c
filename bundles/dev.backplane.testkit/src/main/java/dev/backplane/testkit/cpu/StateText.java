package dev.backplane.testkit.cpu;

import dev.backplane.api.cpu.VcpuState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeMap;

/** What of a state has to be the same on every backend, as text. Left out: what differs by right, or does not exist there. */
public final class StateText {
    private static final int TSC = 0x10;
    private static final int TSC_ADJUST = 0x3b;
    private static final int SPEC_CTRL = 0x48;
    private static final int MISC_ENABLE = 0x1a0;
    private static final int TSC_AUX = 0xc000_0103;

    /** Registers that hosts without the CPU model's features may lack, and the counter that moves. */
    private static final Set<Integer> OWN = Set.of(TSC, TSC_ADJUST, TSC_AUX, SPEC_CTRL, MISC_ENABLE);

    private StateText() {}

    /**
     * Writes it down.
     *
     * @param state the state of a vCPU
     * @return several lines
     */
    public static String of(VcpuState state) {
        TreeMap<Integer, Long> msrs = new TreeMap<>();
        for (VcpuState.Msr msr : state.msrs()) {
            if (!OWN.contains(msr.number())) {
                msrs.put(msr.number(), msr.value());
            }
        }
        StringBuilder text = new StringBuilder();
        text.append(state.activity()).append(' ');
        text.append(Arrays.toString(state.general())).append("\nrip ").append(state.rip());
        text.append(" flags ").append(state.rflags()).append('\n');
        for (VcpuState.Segment segment : state.segments()) {
            // What is loaded with a null selector has no other contents.
            text.append((segment.attributes() & 1 << 16) != 0 ? "null" : segment.toString())
                    .append('\n');
        }
        text.append(state.gdtr()).append(state.idtr()).append('\n');
        text.append("cr0 %x cr2 %x cr3 %x cr4 %x cr8 %x xcr0 %x%n"
                .formatted(state.cr0(), state.cr2(), state.cr3(), state.cr4(), state.cr8(), state.xcr0()));
        text.append(Arrays.toString(state.debug())).append('\n');
        msrs.forEach((number, value) -> text.append("%x=%x ".formatted(number, value)));
        text.append('\n').append(HexFormat.of().formatHex(state.xsave(), 0, 24)).append('\n');
        text.append(HexFormat.of().formatHex(state.xsave(), 32, 416)).append('\n');
        text.append(apic(state.apic()));
        text.append(state.pendingEvent()).append(state.pendingAccess().isPresent());
        text.append(state.interruptShadow()).append(state.nmiMasked()).append(state.nmiPending());
        return text.toString();
    }

    private static String apic(VcpuState.Apic apic) {
        ByteBuffer page = ByteBuffer.wrap(apic.registers()).order(ByteOrder.LITTLE_ENDIAN);
        StringBuilder text = new StringBuilder("apic %x %x%n".formatted(apic.base(), apic.timerDeadline()));
        // All but version and what is computed: arbitration and processor priority, counts.
        for (int register : new int[] {0x20, 0x80, 0xd0, 0xe0, 0xf0, 0x280, 0x300, 0x310, 0x320, 0x350, 0x360, 0x370}) {
            text.append("%x=%x ".formatted(register, page.getInt(register)));
        }
        for (int register = 0x100; register < 0x280; register += 0x10) {
            text.append("%x ".formatted(page.getInt(register)));
        }
        return text.append('\n').toString();
    }
}
