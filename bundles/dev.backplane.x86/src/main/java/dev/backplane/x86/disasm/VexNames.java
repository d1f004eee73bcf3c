package dev.backplane.x86.disasm;

import dev.backplane.x86.decode.Insn;

/** What instructions with a VEX prefix are called: as in SSE, with a "v" before. */
final class VexNames {
    private static final String[] COMPARISONS = {
        "eq", "lt", "le", "unord", "neq", "nlt", "nle", "ord",
        "eq_uq", "nge", "ngt", "false", "neq_oq", "ge", "gt", "true",
        "eq_os", "lt_oq", "le_oq", "unord_s", "neq_us", "nlt_uq", "nle_uq", "ord_s",
        "eq_us", "nge_uq", "ngt_uq", "false_os", "neq_os", "ge_oq", "gt_oq", "true_us"
    };

    private VexNames() {}

    static String of(Insn i, String name) {
        if (name.startsWith("pcmpestr") && i.operandBytes == 8) {
            return "v" + name + "q";
        }
        return "v" + (name.matches("fn?m(add|sub).*") ? fused(i, name) : name);
    }

    /** FMA: the order of the operands stands before the type. */
    private static String fused(Insn i, String name) {
        String order = switch (i.opcodeByte & 0xF0) {
            case 0x90 -> "132";
            case 0xA0 -> "213";
            default -> "231";
        };
        int type = name.length() - 2;
        return name.substring(0, type) + order + name.substring(type);
    }

    /** A comparison by its immediate, below 32. */
    static String comparison(int predicate) {
        return COMPARISONS[predicate & 31];
    }
}
