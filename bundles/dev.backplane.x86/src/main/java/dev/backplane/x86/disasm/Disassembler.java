package dev.backplane.x86.disasm;

import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.decode.Feature;
import dev.backplane.x86.decode.Insn;
import java.util.EnumSet;

/**
 * Takes machine code apart into text in Intel's syntax. One per user, not thread-safe.
 *
 * <pre>{@code
 * var disassembler = new Disassembler();
 * disassembler.at(code, 0, code.length, Cpu.CODE64, 0x1000).text(); // "mov eax,DWORD PTR [rbp-0x8]"
 * }</pre>
 */
public final class Disassembler {
    private final Decoder decoder = new Decoder(EnumSet.allOf(Feature.class));
    private final Insn insn = new Insn();

    /**
     * An instruction.
     *
     * @param length in bytes; 1 for what is none
     * @param text for instance {@code add rax,0x10}; {@code (bad)} for what is none
     */
    public record Line(int length, String text) {}

    /**
     * The instruction at some bytes.
     *
     * @param code holds it
     * @param from its first byte
     * @param to behind the last byte that is known
     * @param mode {@code Cpu.CODE16}, {@code CODE32} or {@code CODE64}
     * @param address the instruction pointer at it, for relative targets
     * @return the instruction as text
     */
    public Line at(byte[] code, int from, int to, int mode, long address) {
        Decoder.Result result = decoder.decode(code, from, to, mode, insn);
        if (result != Decoder.Result.OK) {
            return new Line(1, "(bad)");
        }
        String name = Names.of(insn);
        String operands = new Operands(insn, address).text();
        String prefix = prefix(insn);
        return new Line(insn.length, operands.isEmpty() ? prefix + name : prefix + name + " " + operands);
    }

    private static String prefix(Insn i) {
        if (i.lock) {
            return "lock ";
        }
        if (i.repeat == 0) {
            return "";
        }
        return switch (i.mnemonic()) {
            case MOVS, STOS, LODS, INS, OUTS -> i.repeat == 0xF3 ? "rep " : "repnz ";
            case CMPS, SCAS -> i.repeat == 0xF3 ? "repz " : "repnz ";
            case RET -> i.repeat == 0xF3 ? "repz " : "bnd ";
            case JMP, JCC, CALL, CALL_IND, JMP_IND -> i.repeat == 0xF2 ? "bnd " : "";
            default -> "";
        };
    }
}
