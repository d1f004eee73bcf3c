package dev.backplane.cpu.bt.internal.translate;

import static dev.backplane.cpu.bt.internal.translate.Form.ACCESS;
import static dev.backplane.cpu.bt.internal.translate.Form.BIT;
import static dev.backplane.cpu.bt.internal.translate.Form.CALL;
import static dev.backplane.cpu.bt.internal.translate.Form.CALL_INDIRECT;
import static dev.backplane.cpu.bt.internal.translate.Form.CLOCK;
import static dev.backplane.cpu.bt.internal.translate.Form.COMPARE_EXCHANGE;
import static dev.backplane.cpu.bt.internal.translate.Form.COMPARE_EXCHANGE_PAIR;
import static dev.backplane.cpu.bt.internal.translate.Form.CONSTANT;
import static dev.backplane.cpu.bt.internal.translate.Form.COPY;
import static dev.backplane.cpu.bt.internal.translate.Form.DIRECTION;
import static dev.backplane.cpu.bt.internal.translate.Form.DISABLE_INTERRUPTS;
import static dev.backplane.cpu.bt.internal.translate.Form.DIVIDE;
import static dev.backplane.cpu.bt.internal.translate.Form.ENABLE_INTERRUPTS;
import static dev.backplane.cpu.bt.internal.translate.Form.EXCHANGE_ACCUMULATOR;
import static dev.backplane.cpu.bt.internal.translate.Form.INTERPRETED;
import static dev.backplane.cpu.bt.internal.translate.Form.INTERRUPT_RETURN;
import static dev.backplane.cpu.bt.internal.translate.Form.JUMP;
import static dev.backplane.cpu.bt.internal.translate.Form.JUMP_IF;
import static dev.backplane.cpu.bt.internal.translate.Form.JUMP_INDIRECT;
import static dev.backplane.cpu.bt.internal.translate.Form.LEA;
import static dev.backplane.cpu.bt.internal.translate.Form.LEAVE;
import static dev.backplane.cpu.bt.internal.translate.Form.MULTIPLY;
import static dev.backplane.cpu.bt.internal.translate.Form.NOTHING;
import static dev.backplane.cpu.bt.internal.translate.Form.OFFSET;
import static dev.backplane.cpu.bt.internal.translate.Form.POP;
import static dev.backplane.cpu.bt.internal.translate.Form.POP_FLAGS;
import static dev.backplane.cpu.bt.internal.translate.Form.PUSH;
import static dev.backplane.cpu.bt.internal.translate.Form.PUSH_FLAGS;
import static dev.backplane.cpu.bt.internal.translate.Form.READ_BASE;
import static dev.backplane.cpu.bt.internal.translate.Form.RETURN;
import static dev.backplane.cpu.bt.internal.translate.Form.SELECTOR;
import static dev.backplane.cpu.bt.internal.translate.Form.SHIFT_BY_CL;
import static dev.backplane.cpu.bt.internal.translate.Form.SIMD;
import static dev.backplane.cpu.bt.internal.translate.Form.STRING;
import static dev.backplane.cpu.bt.internal.translate.Form.SWAP_BYTES;
import static dev.backplane.cpu.bt.internal.translate.Form.SWAP_GS;
import static dev.backplane.cpu.bt.internal.translate.Form.SYSCALL;
import static dev.backplane.cpu.bt.internal.translate.Form.SYSRET;
import static dev.backplane.cpu.bt.internal.translate.Form.THREE_OPERANDS;
import static dev.backplane.cpu.bt.internal.translate.Form.VECTOR;
import static dev.backplane.cpu.bt.internal.translate.Form.VERBATIM;
import static dev.backplane.cpu.bt.internal.translate.Form.WIDEN;
import static dev.backplane.cpu.bt.internal.translate.Form.WIDEN_PAIR;
import static dev.backplane.cpu.bt.internal.translate.Form.WRITE_BASE;
import static dev.backplane.cpu.bt.internal.translate.Form.WRITE_MODEL;
import static dev.backplane.cpu.bt.internal.translate.Form.ZERO_UPPER;

import dev.backplane.x86.decode.Feature;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import java.util.Set;

/** Chooses the form of each instruction, for the mode at hand. */
final class Forms {
    private final Set<Feature> host;
    private final boolean counted;
    private boolean simd;
    private boolean avx;
    private boolean kernel;

    /**
     * {@code host}: which of the guest's optional instructions the host has. {@code counted}: nothing is translated that has a result
     * which processors choose, knows the time, or delays an interrupt.
     */
    Forms(Set<Feature> host, boolean counted) {
        this.host = host;
        this.counted = counted;
    }

    void mode(boolean withSimd, boolean withAvx, boolean privileged) {
        simd = withSimd;
        avx = withAvx;
        kernel = privileged;
    }

    /** Instructions on xmm registers alone, memory and general registers; none that has operands which it does not name. */
    private static boolean isSimd(Insn i) {
        return switch (i.mnemonic()) {
            case MASKMOVDQU, PCMPESTRM, PCMPESTRI, PCMPISTRM, PCMPISTRI -> false;
            default -> xmm(i.opcode.operands());
        };
    }

    private static boolean xmm(String operands) {
        boolean has = false;
        for (int n = 0; n < operands.length(); n++) {
            switch (operands.charAt(n)) {
                case 'V', 'W', 'U' -> has = true;
                case 'P', 'Q', 'N' -> {
                    return false;
                }
                default -> {}
            }
        }
        return has;
    }

    /** Instructions that are translated to others, which every host has. */
    private static boolean ours(Feature feature) {
        return feature == Feature.SMAP || feature == Feature.FSGSBASE || feature == Feature.RDTSCP;
    }

    /** The form of an instruction of 64-bit code. */
    Form of(Insn i) {
        Feature feature = i.opcode.feature();
        if (feature != null && !host.contains(feature) && !ours(feature)) {
            return INTERPRETED;
        }
        if (counted && ChosenResults.result(i)) {
            return INTERPRETED;
        }
        if (i.vex()) {
            return i.opcode.isGeneral() ? THREE_OPERANDS : avx ? vector(i) : INTERPRETED;
        }
        boolean stack = i.operandBytes == 8;
        return switch (i.mnemonic()) {
            case ADD, OR, ADC, SBB, AND, SUB, XOR, CMP, TEST -> COPY;
            case MOV -> mov(i);
            case MOVZX,
                    MOVSX,
                    MOVSXD,
                    INC,
                    DEC,
                    NOT,
                    NEG,
                    IMUL,
                    CMOVCC,
                    SETCC,
                    BSF,
                    BSR,
                    POPCNT,
                    TZCNT,
                    LZCNT,
                    XADD,
                    MOVBE,
                    MOVNTI,
                    CRC32 -> COPY;
            case XCHG -> i.opcode.operands().startsWith("Z") ? EXCHANGE_ACCUMULATOR : COPY;
            case BT, BTS, BTR, BTC -> i.memory && i.opcode.operands().endsWith("Gv") ? bit(i) : COPY;
            case ROL, ROR, RCL, RCR, SHL, SHR, SAR -> i.opcode.operands().endsWith("CL") ? SHIFT_BY_CL : COPY;
            case SHLD, SHRD -> i.opcode.operands().endsWith("CL") ? doubleShift(i) : COPY;
            case CLC, STC, CMC, LFENCE, MFENCE, SFENCE -> VERBATIM;
            case NOP -> NOTHING;
            case LEA -> LEA;
            case BSWAP -> i.operandBytes == 2 ? INTERPRETED : SWAP_BYTES;
            case CBW -> WIDEN;
            case CWD -> WIDEN_PAIR;
            case MUL, IMUL1 -> MULTIPLY;
            case DIV, IDIV -> i.opcode.operands().equals("Ev") && i.operandBytes >= 4 ? DIVIDE : INTERPRETED;
            case CMPXCHG -> compareExchange(i);
            case CMPXCHG8B, CMPXCHG16B -> COMPARE_EXCHANGE_PAIR;
            case PUSH -> stack ? PUSH : INTERPRETED;
            case POP -> stack && !i.memory ? POP : INTERPRETED;
            case LEAVE -> stack ? LEAVE : INTERPRETED;
            case PUSHF -> stack ? PUSH_FLAGS : INTERPRETED;
            case POPF -> stack && kernel && !counted ? POP_FLAGS : INTERPRETED;
            case CLI -> kernel ? DISABLE_INTERRUPTS : INTERPRETED;
            case STI -> kernel && !counted ? ENABLE_INTERRUPTS : INTERPRETED;
            case MOV_FROM_SEG -> !i.memory && i.operandBytes >= 4 && i.reg <= Seg.GS ? SELECTOR : INTERPRETED;
            case MOVS, STOS, LODS, CMPS, SCAS -> string(i);
            case CLD, STD -> DIRECTION;
            case SWAPGS -> kernel ? SWAP_GS : INTERPRETED;
            case RDFSBASE, RDGSBASE -> READ_BASE;
            case WRFSBASE, WRGSBASE -> WRITE_BASE;
            case WRMSR -> kernel ? WRITE_MODEL : INTERPRETED;
            case RDTSC, RDTSCP -> counted ? INTERPRETED : CLOCK;
            case STAC, CLAC -> kernel ? ACCESS : INTERPRETED;
            case SYSCALL -> kernel ? INTERPRETED : SYSCALL;
            case SYSRET -> kernel && i.operandBytes == 8 ? SYSRET : INTERPRETED;
            case IRET -> kernel && !counted && stack ? INTERRUPT_RETURN : INTERPRETED;
            case JMP -> JUMP;
            case JCC -> JUMP_IF;
            case CALL -> CALL;
            case RET -> RETURN;
            case JMP_IND -> JUMP_INDIRECT;
            case CALL_IND -> i.memory || i.rm != Gpr.RSP ? CALL_INDIRECT : INTERPRETED;
            default -> simd && i.map != 0 && isSimd(i) ? SIMD : INTERPRETED;
        };
    }

    /** Gathers may stop half-way, and masked moves fault at chosen elements only. */
    private static Form vector(Insn i) {
        return switch (i.mnemonic()) {
            case ZEROUPPER -> ZERO_UPPER;
            case MASKMOVPS, MASKMOVPD, PMASKMOVD, PMASKMOVQ -> INTERPRETED;
            default -> !i.opcode.has(Opcode.VECTOR_INDEX) && isSimd(i) ? VECTOR : INTERPRETED;
        };
    }

    private static Form mov(Insn i) {
        String operands = i.opcode.operands();
        if (operands.indexOf('O') >= 0) {
            return OFFSET;
        }
        return operands.startsWith("Z") ? CONSTANT : COPY;
    }

    private static Form bit(Insn i) {
        return i.addressBytes == 8 ? BIT : INTERPRETED;
    }

    private static Form string(Insn i) {
        boolean plain = i.addressBytes == 8 && i.segmentOverride != Seg.FS && i.segmentOverride != Seg.GS;
        boolean has = switch (i.mnemonic()) {
            case MOVS, STOS -> true;
            case LODS -> i.repeat == 0;
            default -> i.repeat != 0;
        };
        return plain && has ? STRING : INTERPRETED;
    }

    private static Form doubleShift(Insn i) {
        boolean spilled = RegisterMap.home(i.reg) < 0;
        return spilled && (i.memory || RegisterMap.home(i.rm) < 0) ? INTERPRETED : SHIFT_BY_CL;
    }

    private static Form compareExchange(Insn i) {
        boolean byteOperand = i.opcode.operands().startsWith("Eb");
        boolean awkward = RegisterMap.home(i.reg) < 0
                || byteOperand && i.highByte(i.reg)
                || !i.memory && (i.rm == Gpr.RAX || byteOperand && i.highByte(i.rm));
        return awkward || i.reg == Gpr.RAX && byteOperand && i.highByte(i.reg) ? INTERPRETED : COMPARE_EXCHANGE;
    }
}
