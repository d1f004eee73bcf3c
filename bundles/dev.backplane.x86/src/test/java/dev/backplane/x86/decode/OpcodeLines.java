package dev.backplane.x86.decode;

import java.util.List;

/** The opcode table for tests that go through all of it. */
public final class OpcodeLines {
    private OpcodeLines() {}

    /** The lines of {@code opcodes.txt}, comments left out, and those that the table adds by itself. */
    public static List<String> all() {
        return OpcodeTable.lines();
    }

    /** The same of instructions with a VEX prefix, one vector length a line: with l0, l1 or lig among the properties. */
    public static List<String> vex() {
        return VexTable.lines();
    }
}
