package dev.backplane.x86.decode;

/**
 * One line of the opcode table: a mnemonic with its form and properties.
 *
 * @param mnemonic the instruction
 * @param operands the operands in the notation of the SDM's appendix A (volume 2, A.2), separated by commas: {@code "Ev,Gv"}
 * @param flagsRead arithmetic flags and DF that it may read, as bits of RFLAGS
 * @param flagsWritten flags that it may write
 * @param flagsUndefined flags that it leaves undefined
 * @param properties bits of the constants here
 * @param memoryBytes size of its memory operand, 0 where it follows the operand size or there is none
 */
public record Opcode(
        Mnemonic mnemonic,
        String operands,
        int flagsRead,
        int flagsWritten,
        int flagsUndefined,
        int properties,
        int memoryBytes) {
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
    /** Only with a memory operand: #UD with a register. */
    public static final int MEMORY_ONLY = 1 << 6;
    /** Only with register operands: #UD with memory. */
    public static final int REGISTER_ONLY = 1 << 7;
    /** Reads its memory operand. */
    public static final int READS = 1 << 8;
    /** Writes its memory operand. */
    public static final int WRITES = 1 << 9;
    /** Transfers control: nothing follows in its block. */
    public static final int ENDS_BLOCK = 1 << 10;
    /** Can raise no exception at all when it has no memory operand. */
    public static final int NO_FAULT = 1 << 11;
    /** Only in 64-bit mode. */
    public static final int ONLY_64 = 1 << 12;

    /** No instruction: undefined opcodes. */
    public static final Opcode NONE = new Opcode(Mnemonic.UNDEFINED, "", 0, 0, 0, 0, 0);

    /** Whether a property is there. */
    public boolean has(int property) {
        return (properties & property) != 0;
    }
}
