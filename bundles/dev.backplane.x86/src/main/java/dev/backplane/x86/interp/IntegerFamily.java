package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import org.jspecify.annotations.Nullable;

/** The general-purpose instructions that need no system machinery. */
final class IntegerFamily implements OpFamily {
    private final Blocks blocks;

    IntegerFamily(Blocks blocks) {
        this.blocks = blocks;
    }

    @Override
    public @Nullable Op op(Insn i, int mode) {
        return switch (i.mnemonic()) {
            case ADD -> AluOps.make(i, Alu.ADD);
            case OR -> AluOps.make(i, Alu.OR);
            case ADC -> AluOps.make(i, Alu.ADC);
            case SBB -> AluOps.make(i, Alu.SBB);
            case AND -> AluOps.make(i, Alu.AND);
            case SUB -> AluOps.make(i, Alu.SUB);
            case XOR -> AluOps.make(i, Alu.XOR);
            case CMP -> AluOps.make(i, Alu.CMP);
            case TEST -> TestOps.make(i);
            case INC, DEC, NEG -> AluOps.unary(i);
            case NOT -> AluOps.not(i);
            case MOV, MOVNTI -> MovOps.mov(i);
            case MOVZX, MOVSX, MOVSXD -> MovOps.extend(i);
            case LEA -> MovOps.lea(i);
            case XCHG -> MovOps.xchg(i);
            case CMOVCC -> MovOps.cmov(i);
            case ROL, ROR, RCL, RCR, SHL, SHR, SAR -> ShiftOps.make(i);
            case SHLD -> ShiftOps.makeDouble(i, true);
            case SHRD -> ShiftOps.makeDouble(i, false);
            case MUL -> MulDivOps.mul(i);
            case IMUL1 -> MulDivOps.imul1(i);
            case IMUL -> MulDivOps.imul(i);
            case DIV -> MulDivOps.div(i);
            case IDIV -> MulDivOps.idiv(i);
            case BT, BTS, BTR, BTC -> BitOps.test(i);
            case BSF, BSR -> BitOps.scan(i);
            case POPCNT -> BitOps.popcnt(i);
            case BSWAP -> BitOps.bswap(i);
            case MOVBE -> BitOps.movbe(i);
            case CRC32 -> BitOps.crc32(i);
            case XADD -> ExchangeOps.xadd(i);
            case CMPXCHG -> ExchangeOps.cmpxchg(i);
            case CMPXCHG8B, CMPXCHG16B -> ExchangeOps.cmpxchgPair(i);
            case DAA, DAS, AAA, AAS, AAM, AAD -> DecimalOps.make(i);
            case PUSH -> StackOps.push(i);
            case POP -> StackOps.pop(i);
            case PUSHA -> StackOps.pusha(i);
            case POPA -> StackOps.popa(i);
            case ENTER -> StackOps.enter(i);
            case LEAVE -> StackOps.leave(i);
            case PUSHF -> FlagOps.pushf(i);
            case POPF -> FlagOps.popf(i);
            case CLC, STC, CMC, CLD, STD, LAHF, SAHF -> FlagOps.simple(i);
            case CLI -> FlagOps.cli(i);
            case STI -> FlagOps.sti(i);
            case SETCC -> FlagOps.setcc(i);
            default -> control(i, mode);
        };
    }

    private @Nullable Op control(Insn i, int mode) {
        return switch (i.mnemonic()) {
            case JMP -> BranchOps.jmp(blocks, i);
            case JCC -> BranchOps.jcc(blocks, i);
            case CALL -> BranchOps.call(blocks, i);
            case RET -> BranchOps.ret(blocks, i);
            case JMP_IND -> BranchOps.indirect(blocks, i, false);
            case CALL_IND -> BranchOps.indirect(blocks, i, true);
            case LOOP, LOOPE, LOOPNE, JCXZ -> BranchOps.loop(blocks, i);
            case MOVS, CMPS, STOS, LODS, SCAS, INS, OUTS -> StringOps.make(i);
            case IN -> PortOps.in(i);
            case OUT -> PortOps.out(i);
            case NOP -> MiscOps.nop();
            case PAUSE -> MiscOps.pause(i);
            case CBW -> MiscOps.cbw(i);
            case CWD -> MiscOps.cwd(i);
            case XLAT -> MiscOps.xlat(i);
            case BOUND -> MiscOps.bound(i);
            case LFENCE, MFENCE, SFENCE -> MiscOps.fence();
            case CLFLUSH -> MiscOps.clflush(i);
            default -> BmiOps.make(i, mode);
        };
    }
}
