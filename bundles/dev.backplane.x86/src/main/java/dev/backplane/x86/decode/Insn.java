package dev.backplane.x86.decode;

import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;

/**
 * One decoded instruction: its opcode and the fields of its encoding, prefixes applied. Mutable, filled by {@link Decoder}
 * and used again for the next instruction: whoever builds an operation from it copies what it needs.
 */
public final class Insn {
    /** What the table knows of it. */
    public Opcode opcode = Opcode.NONE;
    /** Default size of the code it stands in: {@code Cpu.CODE16}, {@code CODE32} or {@code CODE64}. */
    public int mode;
    /** Bytes. */
    public int length;

    /** Effective operand size in bytes, after prefixes and the opcode's own rules: 2, 4 or 8. Byte forms are told by {@link Opcode}. */
    public int operandBytes;
    /** Effective address size in bytes: 2, 4 or 8. */
    public int addressBytes;

    public boolean lock;
    /** 0xF2, 0xF3 (the last of them) or 0; also when it selects the opcode. */
    public int repeat;
    /** A 66 prefix is there. */
    public boolean operandPrefix;
    /** The REX prefix, or 0; with a VEX prefix the bits of REX that it has (W where it is the operand size). */
    public int rex;

    /** With a VEX prefix the length of vectors, 16 or 32 bytes; else 0. */
    public int vectorBytes;
    /** VEX.pp: 0 none, 1 = 66, 2 = F3, 3 = F2. */
    public int vexPrefix;
    /** The register in VEX.vvvv, 0 to 15. */
    public int vvvv;

    /** The opcode map: 0 one byte, 1 0F, 2 0F38, 3 0F3A. */
    public int map;
    /** The last byte of the opcode. */
    public int opcodeByte;
    /** ModR/M byte, or -1. */
    public int modrm;
    /** ModR/M.reg with REX.R: 0 to 15. For opcodes that are extended by it, use {@link #extension()}. */
    public int reg;
    /** ModR/M.rm with REX.B, or the register in the opcode byte with REX.B. Meaningless when {@link #memory}. */
    public int rm;

    /** The operand in ModR/M.rm (or the offset of MOV's moffs form) is in memory. */
    public boolean memory;
    /** The segment of the memory operand, override applied. In 64-bit mode only FS and GS have a base. */
    public int segment;
    /** Base register, {@link Gpr#ZERO} for none, {@link Gpr#IP} for RIP-relative. */
    public int base;
    /** Index register, {@link Gpr#ZERO} for none. */
    public int index;
    /** The vector register whose elements are indexes (VSIB), or -1. Then there is no other index. */
    public int vectorIndex;
    /** The index is shifted left by this: 0 to 3. */
    public int scale;
    /**
     * Displacement, sign-extended. For a RIP-relative operand the length of the instruction is in it already: the address is
     * r[IP] + offset of the instruction in its page + this.
     */
    public long displacement;

    /** The immediate, sign-extended as the opcode says; a relative branch's displacement; ENTER's and far pointers' first part. */
    public long immediate;
    /** ENTER's nesting level; a far pointer's selector. */
    public int immediate2;

    /** A segment override prefix that took effect: its index, or -1. String instructions need to know. */
    public int segmentOverride;

    /** The mnemonic, for short. */
    public Mnemonic mnemonic() {
        return opcode.mnemonic();
    }

    /** ModR/M.reg without REX.R. */
    public int extension() {
        return modrm >> 3 & 7;
    }

    /** Whether ModR/M.mod is 3: the operand is a register. */
    public boolean register() {
        return !memory;
    }

    /** Whether the encoding is that of AVX and its kin. */
    public boolean vex() {
        return vectorBytes != 0;
    }

    /** Whether register number {@code n} of a byte operand means AH, CH, DH or BH (then it is in r[n - 4]). */
    public boolean highByte(int n) {
        return rex == 0 && !vex() && n >= 4 && n < 8;
    }

    void clear(int newMode) {
        opcode = Opcode.NONE;
        mode = newMode;
        length = 0;
        lock = false;
        repeat = 0;
        operandPrefix = false;
        rex = 0;
        vectorBytes = 0;
        vexPrefix = 0;
        vvvv = 0;
        map = 0;
        opcodeByte = 0;
        modrm = -1;
        reg = 0;
        rm = 0;
        memory = false;
        segment = Seg.DS;
        segmentOverride = -1;
        base = Gpr.ZERO;
        index = Gpr.ZERO;
        vectorIndex = -1;
        scale = 0;
        displacement = 0;
        immediate = 0;
        immediate2 = 0;
    }
}
