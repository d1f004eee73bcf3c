package dev.backplane.x86.disasm;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.state.Cpu;
import java.util.Locale;

/** What an instruction is called: mostly the table's mnemonic, but where sizes, conditions or immediates are part of the name. */
final class Names {
    private static final String[] CONDITIONS = {
        "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"
    };
    private static final String[] COMPARISONS = {"eq", "lt", "le", "unord", "neq", "nlt", "nle", "ord"};
    private static final String[] PREFETCHES = {"prefetchnta", "prefetcht0", "prefetcht1", "prefetcht2"};

    private Names() {}

    static String of(Insn i) {
        return i.vex() && !i.opcode.isGeneral() ? VexNames.of(i, legacy(i)) : legacy(i);
    }

    private static String legacy(Insn i) {
        String condition = CONDITIONS[i.opcodeByte & 15];
        boolean wide = (i.rex & 8) != 0;
        return switch (i.mnemonic()) {
            case JCC -> "j" + condition;
            case SETCC -> "set" + condition;
            case CMOVCC -> "cmov" + condition;
            case CBW -> bySize(i, "cbw", "cwde", "cdqe");
            case CWD -> bySize(i, "cwd", "cdq", "cqo");
            case MOV -> moves(i);
            case IMUL1 -> "imul";
            case CALL_IND, CALL_FAR -> "call";
            case JMP_IND, JMP_FAR -> "jmp";
            case RET_FAR ->
                wide ? "retfq" : i.operandBytes == natural(i) ? "retf" : i.operandBytes == 2 ? "retfw" : "retfd";
            case IRET ->
                wide ? "iretq" : i.operandBytes == natural(i) ? "iret" : i.operandBytes == 2 ? "iretw" : "iretd";
            case PUSHF, POPF, PUSHA, POPA, ENTER, LEAVE -> stack(i);
            case MOV_FROM_SEG, MOV_TO_SEG, MOV_FROM_CR, MOV_FROM_DR, MOV_TO_CR, MOV_TO_DR -> "mov";
            case PUSH -> "push" + (i.opcode.operands().startsWith("I") ? suffix(i) : "");
            case PUSH_SEG -> "push" + suffix(i);
            case POP_SEG -> "pop" + suffix(i);
            case RET -> "ret" + (i.mode == Cpu.CODE64 || !i.operandPrefix ? "" : i.mode == Cpu.CODE16 ? "d" : "w");
            case JCXZ -> i.addressBytes == 8 ? "jrcxz" : i.addressBytes == 4 ? "jecxz" : "jcxz";
            case NOP -> nop(i);
            case CLFLUSH -> i.extension() == 6 ? "clwb" : i.operandPrefix ? "clflushopt" : "clflush";
            case VMCALL -> i.modrm == 0xD9 ? "vmmcall" : "vmcall";
            case SYSRET -> wide ? "sysretq" : "sysretd";
            case SYSEXIT -> wide ? "sysexitq" : i.mode == Cpu.CODE64 ? "sysexitd" : "sysexit";
            case MOVD -> wide ? "movq" : "movd";
            case PEXTRD -> wide ? "pextrq" : "pextrd";
            case PINSRD -> wide ? "pinsrq" : "pinsrd";
            case FXSAVE, FXRSTOR, XSAVE, XRSTOR, XSAVEOPT, XSAVEC -> plain(i) + (wide ? "64" : "");
            case CMPPS, CMPPD, CMPSS -> comparison(i);
            case CMPSD -> comparison(i);
            case PCLMULQDQ -> carryless(i);
            case X87 -> X87Names.of(i);
            default -> plain(i);
        };
    }

    private static String plain(Insn i) {
        return i.mnemonic().name().toLowerCase(Locale.ROOT);
    }

    private static String bySize(Insn i, String two, String four, String eight) {
        return i.operandBytes == 2 ? two : i.operandBytes == 4 ? four : eight;
    }

    /** The operand size without prefixes. */
    private static int natural(Insn i) {
        return i.mode == Cpu.CODE16 ? 2 : 4;
    }

    private static String moves(Insn i) {
        boolean absolute = i.mode == Cpu.CODE64
                && (i.opcodeByte >= 0xA0 && i.opcodeByte <= 0xA3 && i.modrm < 0 && i.addressBytes == 8
                        || i.opcode.operands().equals("Zv,Iv") && i.operandBytes == 8);
        return absolute ? "movabs" : "mov";
    }

    private static String stack(Insn i) {
        return plain(i) + suffix(i);
    }

    /** For an operand size that is not the usual one of the stack. */
    private static String suffix(Insn i) {
        int usual = i.mode == Cpu.CODE64 ? 8 : natural(i);
        return i.operandBytes == usual ? "" : i.operandBytes == 2 ? "w" : i.operandBytes == 4 ? "d" : "q";
    }

    private static String nop(Insn i) {
        if (i.modrm < 0) {
            return i.operandPrefix ? "xchg" : "nop";
        }
        return switch (i.opcodeByte) {
            case 0x0D -> i.extension() == 1 ? "prefetchw" : i.extension() == 2 ? "prefetchwt1" : "prefetch";
            case 0x18 -> i.memory && i.extension() < 4 ? PREFETCHES[i.extension()] : "nop";
            case 0x1E ->
                i.repeat == 0xF3 && i.modrm == 0xFA
                        ? "endbr64"
                        : i.repeat == 0xF3 && i.modrm == 0xFB ? "endbr32" : "nop";
            default -> "nop";
        };
    }

    /** Whether the immediate is in the name. */
    static boolean named(Insn i) {
        return switch (i.mnemonic()) {
            case CMPPS, CMPPD, CMPSS, CMPSD -> (i.immediate & 0xFF) < (i.vex() ? 32 : 8);
            case PCLMULQDQ -> (i.immediate & 0xEE) == 0;
            default -> false;
        };
    }

    private static String comparison(Insn i) {
        String kind = i.mnemonic().name().substring(3).toLowerCase(Locale.ROOT);
        String predicate = i.vex() ? VexNames.comparison((int) i.immediate) : COMPARISONS[(int) i.immediate & 7];
        return named(i) ? "cmp" + predicate + kind : "cmp" + kind;
    }

    private static String carryless(Insn i) {
        if (!named(i)) {
            return plain(i);
        }
        return "pclmul" + ((i.immediate & 1) == 0 ? "l" : "h") + "q" + ((i.immediate & 0x10) == 0 ? "l" : "h") + "qdq";
    }

    /** Whether operands of the table are not the instruction's. */
    static boolean bare(Insn i) {
        String name = i.mnemonic() == Mnemonic.NOP ? nop(i) : "";
        return name.startsWith("endbr") || name.equals("nop") && i.modrm < 0 || i.mnemonic() == Mnemonic.PAUSE;
    }
}
