package dev.backplane.x86.decode;

import org.jspecify.annotations.Nullable;

/**
 * One line of the opcode table: a mnemonic with its form and properties.
 *
 * @param mnemonic the instruction
 * @param operands the operands in the notation of the SDM's appendix A (volume 2, A.2), separated by commas: {@code "Ev,Gv"};
 *     S is a memory operand with a vector as index
 * @param flagsRead arithmetic flags, DF and IF that it may read, as bits of RFLAGS
 * @param flagsWritten flags that it may write
 * @param flagsUndefined flags that it leaves undefined
 * @param properties bits of the constants here
 * @param memoryBytes size of its memory operand, 0 where it follows the operand size or there is none
 * @param immediate how its immediate is encoded
 * @param feature what the CPU model must have for it, or null
 */
public record Opcode(
        Mnemonic mnemonic,
        String operands,
        int flagsRead,
        int flagsWritten,
        int flagsUndefined,
        int properties,
        int memoryBytes,
        Immediate immediate,
        @Nullable Feature feature) {
    /** Works on bytes: the operand size does not matter. */
    public static final int BYTE = 1;
    /** LOCK is allowed when the destination is in memory. */
    public static final int LOCKABLE = 1 << 1;
    /** #UD in 64-bit mode. */
    public static final int NO_64 = 1 << 2;
    /** The operand size is 64 bits in 64-bit mode (or 16 with a 66 prefix). */
    public static final int DEFAULT_64 = 1 << 3;
    /** The operand size is 64 bits in 64-bit mode whatever the prefixes say. */
    public static final int FORCE_64 = 1 << 4;
    /** Has a ModR/M byte. */
    public static final int MODRM = 1 << 5;
    /** ModR/M.mod is ignored: both operands are registers. */
    public static final int FORCE_REGISTER = 1 << 6;
    /** The low three bits of the opcode are a register. */
    public static final int OPCODE_REGISTER = 1 << 7;
    /** Reads its memory operand. */
    public static final int READS = 1 << 8;
    /** Writes its memory operand. */
    public static final int WRITES = 1 << 9;
    /** Transfers control or changes what decoded code depends on: nothing follows in its block. */
    public static final int ENDS_BLOCK = 1 << 10;
    /** Can raise no exception at all when it has no memory operand. */
    public static final int SAFE = 1 << 11;
    /** #UD outside of 64-bit mode. */
    public static final int ONLY_64 = 1 << 12;
    /** May leave the flags that it writes as they were (a shift by 0, a string instruction that repeats 0 times). */
    public static final int MAY_KEEP_FLAGS = 1 << 13;

    /** The register in VEX.vvvv is an operand; without it, VEX.vvvv has to be 1111B. */
    public static final int NAMES_VVVV = 1 << 14;
    /** The index of its memory operand is a vector register (VSIB). */
    public static final int VECTOR_INDEX = 1 << 15;

    /** No instruction: undefined opcodes. */
    public static final Opcode NONE = new Opcode(Mnemonic.UNDEFINED, "-", 0, 0, 0, 0, 0, Immediate.NONE, null);

    /** Encodings of what follows ModR/M and displacement. */
    public enum Immediate {
        NONE,
        /** One byte, sign-extended. */
        BYTE,
        /** Two bytes, zero-extended. */
        WORD,
        /** Two or four bytes by the operand size, sign-extended. */
        FULL,
        /** Two, four or eight bytes by the operand size. */
        VALUE,
        /** An address by the address size. */
        OFFSET,
        /** Two or four bytes, then a selector. */
        FAR,
        /** Two bytes, then one. */
        ENTER
    }

    /** With a VEX prefix: works on general registers, so that it does not depend on AVX or its state. */
    public boolean isGeneral() {
        return feature == Feature.BMI1 || feature == Feature.BMI2;
    }

    /** Whether a property is there. */
    public boolean has(int property) {
        return (properties & property) != 0;
    }
}
