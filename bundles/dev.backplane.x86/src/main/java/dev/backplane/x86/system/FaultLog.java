package dev.backplane.x86.system;

import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;
import java.util.ArrayList;
import java.util.List;

/** The last exceptions of one vCPU, for who wants to know how it got where it is. Allocates nothing when one is noted. */
public final class FaultLog {
    private static final int PLACES = 8;

    private final int[] vectors = new int[PLACES];
    private final int[] errors = new int[PLACES];
    private final long[] instructionPointers = new long[PLACES];
    private final int[] codeSegments = new int[PLACES];
    private final long[] addresses = new long[PLACES];
    private final long[] counts = new long[PLACES];
    private long noted;

    /**
     * An exception that was raised, whether or not its handler could be entered.
     *
     * @param vector 0 to 31
     * @param errorCode the error code, -1 where the vector has none
     * @param cs the code segment
     * @param rip the instruction
     * @param cr2 the address, for a page fault
     * @param instructions how many had been executed
     */
    public record Fault(int vector, int errorCode, int cs, long rip, long cr2, long instructions) {
        @Override
        public String toString() {
            return "%s%s at %04x:%016x%s, after %,d instructions"
                    .formatted(
                            Vector.name(vector),
                            errorCode < 0 ? "" : "(%04x)".formatted(errorCode),
                            cs,
                            rip,
                            vector == Vector.PF ? ", cr2 %016x".formatted(cr2) : "",
                            instructions);
        }
    }

    void note(Cpu c, int vector, int errorCode) {
        int place = (int) (noted++ % PLACES);
        vectors[place] = vector;
        errors[place] = errorCode;
        instructionPointers[place] = c.rip;
        codeSegments[place] = c.selector[Seg.CS];
        addresses[place] = c.cr2;
        counts[place] = c.instructions;
    }

    /** The last ones, the newest last. Not while the vCPU runs. */
    public List<Fault> last() {
        List<Fault> faults = new ArrayList<>();
        for (long n = Math.max(0, noted - PLACES); n < noted; n++) {
            int place = (int) (n % PLACES);
            faults.add(new Fault(
                    vectors[place],
                    errors[place],
                    codeSegments[place],
                    instructionPointers[place],
                    addresses[place],
                    counts[place]));
        }
        return faults;
    }
}
