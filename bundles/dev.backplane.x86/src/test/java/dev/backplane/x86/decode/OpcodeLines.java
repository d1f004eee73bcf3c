package dev.backplane.x86.decode;

import java.util.List;

/** The opcode table for tests that go through all of it. */
public final class OpcodeLines {
    private OpcodeLines() {}

    /** The lines of {@code opcodes.txt}, comments left out, and those that the table adds by itself. */
    public static List<String> all() {
        return OpcodeTable.lines();
    }
}
