package dev.backplane.x86.oracle;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.oracle.Laboratory.Trial;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Vector;
import java.util.ArrayList;
import java.util.List;

/**
 * What may differ between the two machines, from {@code masks.txt}: where a line allows a difference, the processor's value is
 * put in the interpreter's place before they are compared.
 */
final class Masks {
    private static final String FLAG_LETTERS = "oszapc";
    private static final int[] FLAG_BITS = {Bits.OF, Bits.SF, Bits.ZF, Bits.AF, Bits.PF, Bits.CF};
    private static final List<String> REGISTERS = List.of("rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi");

    /** One line, with how often it applied and how often it was needed. */
    private static final class Line {
        final TableFile.Forms forms;
        final String[] what;
        final String when;
        final String why;
        long applied;
        long needed;

        Line(String[] columns) {
            forms = TableFile.Forms.of(columns[0]);
            what = columns[1].split(":");
            when = columns[2];
            why = columns[3];
        }

        String title() {
            return "%s | %s | %s".formatted(forms.text(), String.join(":", what), when);
        }
    }

    private final List<Line> lines = new ArrayList<>();

    Masks() {
        for (String[] columns : TableFile.read("masks.txt", 4)) {
            lines.add(new Line(columns));
        }
    }

    /** Whether any line is about a form. */
    boolean concern(Form form) {
        return lines.stream().anyMatch(line -> line.forms.contain(form));
    }

    /** Puts the processor's values in the interpreter's place where the table allows it. */
    void apply(Trial trial) {
        for (Line line : lines) {
            if (line.forms.contain(trial.form()) && holds(line.when, trial)) {
                line.applied++;
                if (apply(line.what, trial)) {
                    line.needed++;
                }
            }
        }
    }

    /** The lines that have not applied to anything. */
    List<String> unused() {
        return lines.stream().filter(line -> line.applied == 0).map(Line::title).toList();
    }

    /** How often which lines were needed. */
    List<String> usage() {
        return lines.stream()
                .filter(line -> line.needed != 0)
                .map(line -> "%s: %d of %d states (%s)".formatted(line.title(), line.needed, line.applied, line.why))
                .toList();
    }

    // ---- when -------------------------------------------------------------------------------------------------------

    private static boolean holds(String when, Trial t) {
        Insn insn = t.insn();
        int bits = (insn.opcode.has(Opcode.BYTE) ? 1 : insn.operandBytes) << 3;
        return switch (when) {
            case "always" -> true;
            case "fault" -> t.silicon().rip == t.in().rip || t.interpreter().rip == t.in().rip;
            case "count!=0" -> count(t, bits) != 0;
            case "count>1" -> count(t, bits) > 1;
            case "count>=size" -> count(t, bits) >= bits;
            case "count>size" -> count(t, bits) > bits;
            case "checked" -> (t.in().rflags & Bits.AC) != 0;
            case "zero" -> (t.silicon().rflags & Bits.ZF) != 0;
            case "compat" -> t.silicon().cs == 0x23;
            case "unmasked" -> nothingChosen(t);
            case "aliases" -> (t.in().gpr[6] ^ t.in().gpr[7]) >>> 16 != 0 || insn.segmentOverride >= 0;
            default -> throw new IllegalStateException("masks.txt: no such condition: " + when);
        };
    }

    /** Whether the mask of a masked store chooses no byte. */
    private static boolean nothingChosen(Trial t) {
        long low = t.insn().operandPrefix || t.insn().vex()
                ? t.in().xmmLow(t.insn().rm) | t.in().xmmHigh(t.insn().rm)
                : t.in().stMantissa((t.insn().rm & 7) - (t.in().fsw() >> 11) & 7);
        return (low & 0x8080_8080_8080_8080L) == 0;
    }

    private static int count(Trial t, int bits) {
        String operands = t.insn().opcode.operands();
        long count = operands.endsWith("CL") ? t.in().gpr[1] : operands.endsWith("1") ? 1 : t.insn().immediate;
        return (int) count & (bits == 64 ? 63 : 31);
    }

    // ---- what -------------------------------------------------------------------------------------------------------

    private static boolean apply(String[] what, Trial t) {
        OracleState from = t.silicon();
        OracleState to = t.interpreter();
        return switch (what[0]) {
            case "flags" -> flags(what[1], from, to);
            case "register" -> register(what, t);
            case "old" -> old(what[1], t);
            case "cr2" -> cr2(from, to);
            case "slot" -> slot(from, to);
            case "memory" -> memory(from, to);
            case "registers" -> registers(from, to);
            case "fault" -> fault(t);
            case "pointers" -> pointers(from, to);
            case "outcome" -> outcome(from, to);
            case "alignment" -> alignment(t);
            case "rest" -> rest(t);
            case "ulp" -> Precision.lastPlace(from, to);
            case "estimate" -> Precision.estimate(t);
            case "mxcsr" -> {
                boolean differs = from.mxcsr() != to.mxcsr();
                to.mxcsr(to.mxcsr() & ~0x3F | from.mxcsr() & 0x3F);
                yield differs;
            }
            default -> throw new IllegalStateException("masks.txt: no such allowance: " + what[0]);
        };
    }

    private static boolean flags(String letters, OracleState from, OracleState to) {
        long mask = 0;
        for (char letter : letters.toCharArray()) {
            mask |= FLAG_BITS[FLAG_LETTERS.indexOf(letter)];
        }
        boolean differs = ((from.rflags ^ to.rflags) & mask) != 0;
        to.rflags = to.rflags & ~mask | from.rflags & mask;
        return differs;
    }

    private static boolean register(String[] what, Trial t) {
        if (what[1].equals("rm") && t.insn().memory) {
            return memory(t.silicon(), t.interpreter());
        }
        int number = switch (what[1]) {
            case "rm" -> t.insn().rm;
            case "reg" -> t.insn().reg;
            default -> REGISTERS.indexOf(what[1]);
        };
        String part = what.length > 2 ? what[2] : "";
        long mask = switch (part) {
            case "low32" -> 0xFFFF_FFFFL;
            case "high32" -> -1L << 32;
            case "16-19" -> 0xF_0000L;
            default -> t.insn().operandBytes == 2 ? 0xFFFFL : -1L;
        };
        long[] from = t.silicon().gpr;
        long[] to = t.interpreter().gpr;
        boolean differs = ((from[number] ^ to[number]) & mask) != 0;
        to[number] = to[number] & ~mask | from[number] & mask;
        return differs;
    }

    private static boolean old(String what, Trial t) {
        OracleState to = t.interpreter();
        if (what.equals("fop")) {
            boolean differs = to.fop() != t.silicon().fop() && t.silicon().fop() == t.in().fop();
            if (differs) {
                to.fop(t.in().fop());
            }
            return differs;
        }
        boolean differs = to.fdp() != t.silicon().fdp() && t.silicon().fdp() == t.in().fdp();
        if (differs) {
            to.fdp(t.in().fdp());
        }
        return differs;
    }

    private static boolean cr2(OracleState from, OracleState to) {
        boolean differs = from.cr2 != to.cr2;
        if (from.vector == Vector.PF && to.vector == Vector.PF && Math.abs(from.cr2 - to.cr2) < 1024) {
            to.cr2 = from.cr2;
        }
        return differs;
    }

    private static boolean slot(OracleState from, OracleState to) {
        long offset = (from.gpr[4] & 0xFFFF) - (SiliconLayout.WINDOW - SiliconLayout.DATA) + 2;
        boolean differs = false;
        for (long at = offset; at < offset + 2; at++) {
            if (at >= 0 && at < from.memory.length) {
                differs |= from.memory[(int) at] != to.memory[(int) at];
                to.memory[(int) at] = from.memory[(int) at];
            }
        }
        return differs;
    }

    private static boolean memory(OracleState from, OracleState to) {
        boolean differs = !java.util.Arrays.equals(from.memory, to.memory);
        System.arraycopy(from.memory, 0, to.memory, 0, to.memory.length);
        return differs;
    }

    private static boolean registers(OracleState from, OracleState to) {
        boolean differs = !java.util.Arrays.equals(from.gpr, to.gpr);
        System.arraycopy(from.gpr, 0, to.gpr, 0, to.gpr.length);
        return differs;
    }

    /** x87 pointers that are no canonical addresses. */
    private static boolean pointers(OracleState from, OracleState to) {
        boolean differs = false;
        if (to.fip() << 16 >> 16 != to.fip() && from.fip() != to.fip()) {
            to.fip(from.fip());
            differs = true;
        }
        if (to.fdp() << 16 >> 16 != to.fdp() && from.fdp() != to.fdp()) {
            to.fdp(from.fdp());
            differs = true;
        }
        return differs;
    }

    private static boolean outcome(OracleState from, OracleState to) {
        boolean differs = from.vector != to.vector || from.rip != to.rip;
        if (differs) {
            to.vector = from.vector;
            to.error = from.error;
            to.cr2 = from.cr2;
            to.rip = from.rip;
            to.rflags = from.rflags;
            to.fsw(from.fsw());
            to.ftw(from.ftw());
        }
        return differs;
    }

    private static boolean alignment(Trial t) {
        OracleState from = t.silicon();
        boolean differs = from.vector == Vector.AC && t.interpreter().vector != Vector.AC;
        if (differs) {
            t.interpreter().copy(from);
        }
        return differs;
    }

    /** Of a gather: the mask beside the signs that count, and what is above the last element. */
    private static boolean rest(Trial t) {
        OracleState from = t.silicon();
        OracleState to = t.interpreter();
        long signs = t.insn().opcode.memoryBytes() == 4 ? 0x8000_0000_8000_0000L : Long.MIN_VALUE;
        int mask = t.insn().vvvv;
        long low = to.xmmLow(mask) & signs | from.xmmLow(mask) & ~signs;
        long high = to.xmmHigh(mask) & signs | from.xmmHigh(mask) & ~signs;
        boolean differs = low != to.xmmLow(mask) || high != to.xmmHigh(mask);
        to.xmm(mask, low, high);
        for (int n = 2 * mask; n < 2 * mask + 2; n++) {
            long upper = to.ymm[n] & signs | from.ymm[n] & ~signs;
            differs |= upper != to.ymm[n];
            to.ymm[n] = upper;
        }
        return differs;
    }

    private static boolean fault(Trial t) {
        OracleState from = t.silicon();
        OracleState to = t.interpreter();
        boolean both = from.rip == t.in().rip && to.rip == t.in().rip;
        if (!both || from.vector == to.vector && from.error == to.error) {
            return false;
        }
        to.vector = from.vector;
        to.error = from.error;
        to.cr2 = from.cr2;
        return true;
    }
}
