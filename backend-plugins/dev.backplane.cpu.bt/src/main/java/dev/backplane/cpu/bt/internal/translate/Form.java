package dev.backplane.cpu.bt.internal.translate;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;

/** How an instruction is translated. */
enum Form {
    /** Not at all: the interpreter executes it. */
    INTERPRETED,
    /** Does nothing. */
    NOTHING,
    /** The same instruction with other registers and the checked address. */
    COPY,
    /** The same bytes: no operands. */
    VERBATIM,
    LEA,
    CONSTANT,
    OFFSET,
    SWAP_BYTES,
    EXCHANGE_ACCUMULATOR,
    WIDEN,
    WIDEN_PAIR,
    MULTIPLY,
    DIVIDE,
    SHIFT_BY_CL,
    COMPARE_EXCHANGE,
    PUSH,
    POP,
    LEAVE,
    JUMP,
    JUMP_IF,
    CALL,
    RETURN,
    JUMP_INDIRECT,
    CALL_INDIRECT;

    /** Nothing is translated behind it in its block. */
    boolean ends() {
        return switch (this) {
            case JUMP, CALL, RETURN, JUMP_INDIRECT, CALL_INDIRECT -> true;
            default -> false;
        };
    }

    /** It may leave emitted code, beside by its memory operand. */
    boolean leaves() {
        return switch (this) {
            case DIVIDE, PUSH, POP, LEAVE, CALL, RETURN, JUMP_INDIRECT, CALL_INDIRECT, OFFSET -> true;
            default -> false;
        };
    }

    /** The form of an instruction of 64-bit code. */
    static Form of(Insn i) {
        if (i.mode != Cpu.CODE64) {
            return INTERPRETED;
        }
        boolean stack = i.operandBytes == 8;
        return switch (i.mnemonic()) {
            case ADD, OR, ADC, SBB, AND, SUB, XOR, CMP, TEST -> COPY;
            case MOV -> mov(i);
            case MOVZX, MOVSX, MOVSXD, INC, DEC, NOT, NEG, IMUL, CMOVCC, SETCC, BSF, BSR, POPCNT, XADD, MOVBE, MOVNTI, CRC32 ->
                COPY;
            case XCHG -> i.opcode.operands().startsWith("Z") ? EXCHANGE_ACCUMULATOR : COPY;
            case BT, BTS, BTR, BTC -> i.memory && i.opcode.operands().endsWith("Gv") ? INTERPRETED : COPY;
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
            case PUSH -> stack ? PUSH : INTERPRETED;
            case POP -> stack && !i.memory ? POP : INTERPRETED;
            case LEAVE -> stack ? LEAVE : INTERPRETED;
            case JMP -> JUMP;
            case JCC -> JUMP_IF;
            case CALL -> CALL;
            case RET -> RETURN;
            case JMP_IND -> JUMP_INDIRECT;
            case CALL_IND -> i.memory || i.rm != Gpr.RSP ? CALL_INDIRECT : INTERPRETED;
            default -> INTERPRETED;
        };
    }

    private static Form mov(Insn i) {
        String operands = i.opcode.operands();
        if (operands.indexOf('O') >= 0) {
            return OFFSET;
        }
        return operands.startsWith("Z") ? CONSTANT : COPY;
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
