package dev.backplane.testkit.guest;

import dev.backplane.api.cpu.VcpuState;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * A program with its machine and its end. It has {@link #MEMORY_BYTES} of RAM from address 0 on and one vCPU; an access to
 * anything else reads all ones. It ends by writing to port {@link #END_PORT}, or by a triple fault.
 *
 * @param section the manual's section that says what has to happen, for instance {@code 3A 7.12.1} (Intel SDM of 2023 and later)
 * @param name what happens, in a few words
 * @param model the CPU model that it needs
 * @param start the state that it starts from
 * @param image what the RAM holds from address 0 on; zero behind it
 * @param expected what has to be true at its end
 */
public record SmallGuest(
        String section,
        String name,
        String model,
        VcpuState start,
        byte[] image,
        GuestEnd.Kind ending,
        List<Expectation> expected) {
    /** RAM of the guest, from address 0 on. */
    public static final long MEMORY_BYTES = 4 << 20;
    /** A byte written to this port ends the guest. */
    public static final int END_PORT = 0xf4;

    /**
     * Fills a guest's RAM.
     *
     * @param ram at least {@link #MEMORY_BYTES}, zero
     */
    public void place(MemorySegment ram) {
        MemorySegment.copy(image, 0, ram, ValueLayout.JAVA_BYTE, 0, image.length);
    }

    /**
     * Compares an end with what was expected.
     *
     * @param end how the guest ended
     * @throws AssertionError naming the guest, the section and all that is different
     */
    public void check(GuestEnd end) {
        var differences = new StringBuilder();
        if (end.kind() != ending) {
            differences
                    .append("\n  ended by ")
                    .append(end.kind())
                    .append(", expected ")
                    .append(ending);
        }
        for (Expectation expectation : expected) {
            expectation
                    .difference(end)
                    .ifPresent(text -> differences.append("\n  ").append(text));
        }
        if (!differences.isEmpty()) {
            throw new AssertionError(this + differences.toString() + "\n  at the end: " + end);
        }
    }

    @Override
    public String toString() {
        return section + ": " + name;
    }
}
