package dev.backplane.x86.report;

import dev.backplane.x86.disasm.Disassembler;
import dev.backplane.x86.disasm.Disassembler.Line;
import java.util.HexFormat;

/** Some instructions around one. Those before it are a guess: the longest run that ends where it begins. */
final class CodeListing {
    private static final int BEFORE = 24;
    private static final int AFTER = 48;
    private static final int LINES_BEFORE = 3;
    private static final int LINES_AFTER = 5;

    private final Disassembler disassembler = new Disassembler();
    private final LinearReader memory;
    private final int mode;
    private final long linear;

    CodeListing(LinearReader memory, int mode, long linear) {
        this.memory = memory;
        this.mode = mode;
        this.linear = linear;
    }

    void appendTo(StringBuilder text) {
        byte[] before = new byte[BEFORE];
        byte[] after = new byte[AFTER];
        int known = memory.read(linear, after);
        if (known == 0) {
            text.append("  code at %x: not mapped\n".formatted(linear));
            return;
        }
        text.append("  code:\n");
        if (memory.read(linear - BEFORE, before) == BEFORE) {
            list(text, before, start(before), BEFORE, linear - BEFORE, LINES_BEFORE, false);
        }
        list(text, after, 0, known, linear, LINES_AFTER + 1, true);
    }

    /** Where to begin so that some instructions end exactly at the end. */
    private int start(byte[] before) {
        for (int from = 0; from < before.length; from++) {
            int at = from;
            int count = 0;
            while (at < before.length) {
                Line line = disassembler.at(before, at, before.length, mode, 0);
                if (line.text().equals("(bad)")) {
                    break;
                }
                at += line.length();
                count++;
            }
            if (at == before.length && count <= LINES_BEFORE) {
                return from;
            }
        }
        return before.length;
    }

    private void list(StringBuilder text, byte[] code, int from, int to, long base, int lines, boolean marked) {
        int at = from;
        for (int n = 0; n < lines && at < to; n++) {
            Line line = disassembler.at(code, at, to, mode, base + at);
            text.append("  %s %016x  %-30s %s\n"
                    .formatted(
                            marked && n == 0 ? "->" : "  ",
                            base + at,
                            HexFormat.ofDelimiter(" ").formatHex(code, at, at + line.length()),
                            line.text()));
            at += line.length();
        }
    }
}
