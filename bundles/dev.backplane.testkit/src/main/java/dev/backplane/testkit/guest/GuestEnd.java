package dev.backplane.testkit.guest;

import dev.backplane.api.cpu.VcpuState;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * How a guest ended.
 *
 * @param kind why it ended
 * @param state the vCPU's state, behind the instruction that wrote to the end's port
 * @param ram its RAM
 * @param ports what it did to other ports, for instance {@code out 80/1 5a}
 */
public record GuestEnd(Kind kind, VcpuState state, MemorySegment ram, List<String> ports) {
    /** Why a guest ended. */
    public enum Kind {
        /** It wrote to {@link SmallGuest#END_PORT}. */
        PORT,
        /** A triple fault. */
        SHUTDOWN,
        /** It did neither in the time, or the number of instructions, that it was given. */
        ENDLESS
    }

    private static final int CS = 1;
    private static final int SS = 2;
    private static final int LONG = 1 << 13;
    private static final int DEFAULT_BIG = 1 << 14;

    /** A general register, by its encoding. */
    public long register(int number) {
        return state.general()[number];
    }

    /** A model-specific register; -1 if the state has none of that number. */
    public long msr(int number) {
        return state.msrs().stream()
                .filter(msr -> msr.number() == number)
                .mapToLong(VcpuState.Msr::value)
                .findFirst()
                .orElse(-1);
    }

    /** Memory by physical address, zero-extended: 1, 2, 4 or 8 bytes. */
    public long memory(long address, int bytes) {
        if (address < 0 || address + bytes > ram.byteSize()) {
            return -1;
        }
        return switch (bytes) {
            case 1 -> ram.get(ValueLayout.JAVA_BYTE, address) & 0xffL;
            case 2 -> ram.get(ValueLayout.JAVA_SHORT_UNALIGNED, address) & 0xffffL;
            case 4 -> ram.get(ValueLayout.JAVA_INT_UNALIGNED, address) & 0xffff_ffffL;
            default -> ram.get(ValueLayout.JAVA_LONG_UNALIGNED, address);
        };
    }

    /** The vector whose handler ended the guest, or -1 where it ended elsewhere. */
    public long vector() {
        long offset = state.rip() + base(CS) - GuestBuilder.HANDLERS - GuestBuilder.END_BYTES;
        return offset >= 0 && offset < 0x1000 && offset % 16 == 0 ? offset / 16 : -1;
    }

    /** Element {@code index} of the frame at the stack pointer, in the size that a handler of this code segment gets it. */
    public long frame(int index) {
        int code = state.segments().get(CS).attributes();
        boolean real = (state.cr0() & 1) == 0;
        int size = (code & LONG) != 0 && longMode() ? 8 : real || (code & DEFAULT_BIG) == 0 ? 2 : 4;
        int stack = state.segments().get(SS).attributes();
        long mask = size == 8 ? -1 : (stack & DEFAULT_BIG) != 0 ? 0xffff_ffffL : 0xffff;
        long pointer = state.general()[4] + (long) index * size & mask;
        return memory(size == 8 ? pointer : base(SS) + pointer & 0xffff_ffffL, size);
    }

    private boolean longMode() {
        return (msr(GuestBuilder.EFER) & 1 << 10) != 0;
    }

    private long base(int segment) {
        return (state.segments().get(CS).attributes() & LONG) != 0 && longMode()
                ? 0
                : state.segments().get(segment).base();
    }

    @Override
    public String toString() {
        var text = new StringBuilder("%s vector %d, cs:rip %x:%x, ss:rsp %x:%x, rflags %x, cr2 %x, frame"
                .formatted(
                        kind,
                        vector(),
                        state.segments().get(CS).selector(),
                        state.rip(),
                        state.segments().get(SS).selector(),
                        state.general()[4],
                        state.rflags(),
                        state.cr2()));
        for (int i = 0; i < 6; i++) {
            text.append(" %x".formatted(frame(i)));
        }
        text.append(", registers");
        for (long register : state.general()) {
            text.append(" %x".formatted(register));
        }
        return text.append(", ports ").append(ports).toString();
    }
}
