package dev.backplane.cpu.bt.internal.emit;

import java.util.Arrays;

/**
 * Writes host instructions into a buffer. Operands in ModR/M.rm are numbers: 0 to 15 a register, or one of the few memory forms
 * that emitted code has. Offsets are relative to the buffer's begin.
 */
public final class Assembler {
    public static final int RAX = 0;
    public static final int RCX = 1;
    public static final int RDX = 2;
    public static final int RBX = 3;
    public static final int RSP = 4;
    public static final int RBP = 5;
    public static final int RSI = 6;
    public static final int RDI = 7;

    /** Guest memory right after its check: page in rcx, offset in rax. */
    public static final int AT_RAX_RCX = 16;
    /** Guest memory after its check, the address in one register. */
    public static final int AT_RCX = 17;

    public static final int AT_RAX = 18;
    public static final int AT_R9 = 19;

    private static final int GS = 1 << 28;
    private static final int GS_RCX = 1 << 29;
    private static final int GS_RCX8 = 1 << 30;
    private static final int DISPLACEMENT = (1 << 28) - 1;

    // Opcodes with their map in the second byte.
    public static final int MAP_0F = 0x100;
    public static final int MAP_0F38 = 0x200;
    public static final int MAP_0F3A = 0x300;

    // What an instruction is beside its opcode.
    /** 64-bit operands. */
    public static final int W = 1;
    /** Byte operands: registers 4 to 7 are spl to dil. */
    public static final int BYTE = 2;
    /** 66 prefix. */
    public static final int P66 = 4;

    public static final int PF3 = 8;
    public static final int PF2 = 16;
    public static final int LOCK = 32;

    public static final int OVERFLOW = 0;
    public static final int BELOW = 2;
    public static final int NOT_BELOW = 3;
    public static final int EQUAL = 4;
    public static final int NOT_EQUAL = 5;
    public static final int NOT_ABOVE = 6;
    public static final int ABOVE = 7;
    public static final int LESS = 12;

    private byte[] code = new byte[8192];
    private int size;

    /** The state area at a displacement. */
    public static int gs(int displacement) {
        return GS | displacement;
    }

    /** The state area at a displacement plus rcx. */
    public static int gsRcx(int displacement) {
        return GS_RCX | displacement;
    }

    /** The state area at a displacement plus rcx times eight. */
    public static int gsRcx8(int displacement) {
        return GS_RCX8 | displacement;
    }

    public void clear() {
        size = 0;
    }

    public int size() {
        return size;
    }

    public byte[] code() {
        return code;
    }

    public void byte1(int value) {
        room(1);
        code[size++] = (byte) value;
    }

    public void int2(int value) {
        byte1(value);
        byte1(value >> 8);
    }

    public void int4(int value) {
        room(4);
        size += 4;
        put(size - 4, value);
    }

    /** Bytes as they are. */
    public void bytes(byte[] given) {
        room(given.length);
        System.arraycopy(given, 0, code, size, given.length);
        size += given.length;
    }

    /** Exchanges four bytes at an offset. */
    public void put(int at, int value) {
        code[at] = (byte) value;
        code[at + 1] = (byte) (value >> 8);
        code[at + 2] = (byte) (value >> 16);
        code[at + 3] = (byte) (value >> 24);
    }

    private void room(int bytes) {
        if (size + bytes > code.length) {
            code = Arrays.copyOf(code, 2 * size + bytes);
        }
    }

    public void int8(long value) {
        int4((int) value);
        int4((int) (value >> 32));
    }

    /** An instruction with ModR/M; an immediate follows by its own call. */
    public void op(int properties, int opcode, int reg, int rm) {
        if (rm >= GS) {
            byte1(0x65);
        }
        if ((properties & LOCK) != 0) {
            byte1(0xF0);
        }
        if ((properties & P66) != 0) {
            byte1(0x66);
        }
        if ((properties & PF3) != 0) {
            byte1(0xF3);
        }
        if ((properties & PF2) != 0) {
            byte1(0xF2);
        }
        int rex = (properties & W) << 3 | reg >> 3 << 2 | (rm < 16 ? rm >> 3 : rm == AT_R9 ? 1 : 0);
        if (rex != 0 || (properties & BYTE) != 0 && (reg >= 4 || rm >= 4 && rm < 16)) {
            byte1(0x40 | rex);
        }
        opcode(opcode);
        modrm(reg & 7, rm);
    }

    private void opcode(int opcode) {
        switch (opcode >> 8) {
            case 0 -> {}
            case 1 -> byte1(0x0F);
            case 2 -> int2(0x380F);
            default -> int2(0x3A0F);
        }
        byte1(opcode);
    }

    private void modrm(int reg, int rm) {
        if (rm < 16) {
            byte1(0xC0 | reg << 3 | rm & 7);
        } else if (rm == AT_RAX_RCX) {
            byte1(reg << 3 | 4);
            byte1(0x08);
        } else if (rm == AT_RCX || rm == AT_R9) {
            byte1(reg << 3 | RCX);
        } else if (rm == AT_RAX) {
            byte1(reg << 3 | RAX);
        } else if ((rm & GS_RCX) != 0) {
            byte1(0x80 | reg << 3 | RCX);
            int4(rm & DISPLACEMENT);
        } else {
            byte1(reg << 3 | 4);
            byte1((rm & GS_RCX8) != 0 ? 0xCD : 0x25);
            int4(rm & DISPLACEMENT);
        }
    }

    /** 64-bit move between registers, or with a memory form as the source. */
    public void load(int register, int rm) {
        op(W, 0x8B, register, rm);
    }

    public void store(int rm, int register) {
        op(W, 0x89, register, rm);
    }

    /** A constant into a register, in the shortest form. Flags stay. */
    public void constant(int register, long value) {
        if (value == (value & 0xFFFFFFFFL)) {
            if (register > 7) {
                byte1(0x41);
            }
            byte1(0xB8 | register & 7);
            int4((int) value);
        } else if (value == (int) value) {
            op(W, 0xC7, 0, register);
            int4((int) value);
        } else {
            byte1(0x48 | register >> 3);
            byte1(0xB8 | register & 7);
            int8(value);
        }
    }

    /** LEA with registers as base and index, -1 for none; {@code wide} for 64 bits. */
    public void lea(int register, int base, int index, int scale, int displacement, boolean wide) {
        int rex =
                (wide ? 8 : 0) | register >> 3 << 2 | (index >= 0 ? index >> 3 << 1 : 0) | (base >= 0 ? base >> 3 : 0);
        if (rex != 0) {
            byte1(0x40 | rex);
        }
        byte1(0x8D);
        boolean small = displacement == (byte) displacement;
        int mod = base < 0 ? 0 : displacement == 0 && (base & 7) != RBP ? 0 : small ? 0x40 : 0x80;
        if (index < 0 && base >= 0 && (base & 7) != RSP) {
            byte1(mod | (register & 7) << 3 | base & 7);
        } else {
            byte1(mod | (register & 7) << 3 | 4);
            byte1(scale << 6 | (index < 0 ? 4 : index & 7) << 3 | (base < 0 ? 5 : base & 7));
        }
        if (base < 0 || mod == 0x80) {
            int4(displacement);
        } else if (mod == 0x40) {
            byte1(displacement);
        }
    }

    /**
     * An instruction with a VEX prefix and ModR/M; an immediate follows by its own call.
     *
     * @param prefix VEX.pp: 0 none, 1 = 66, 2 = F3, 3 = F2
     * @param vvvv the register in VEX.vvvv, 0 where there is none
     * @param wide VEX.W
     * @param length VEX.L: 1 for vectors of 32 bytes
     */
    public void vex(int prefix, int opcode, int reg, int vvvv, int rm, boolean wide, int length) {
        if (rm >= GS) {
            byte1(0x65);
        }
        int high = rm < 16 ? rm >> 3 : rm == AT_R9 ? 1 : 0;
        byte1(0xC4);
        byte1((reg < 8 ? 0x80 : 0) | 0x40 | (high == 0 ? 0x20 : 0) | opcode >> 8);
        byte1((wide ? 0x80 : 0) | (~vvvv & 15) << 3 | length << 2 | prefix);
        byte1(opcode);
        modrm(reg & 7, rm);
    }

    /** RORX: a rotation that leaves the flags. */
    public void rorx(int target, int source, int count, boolean wide) {
        vex(3, MAP_0F3A | 0xF0, target, 0, source, wide, 0);
        byte1(count);
    }

    /** VZEROUPPER. */
    public void zeroUpper() {
        byte1(0xC5);
        int2(0x77F8);
    }

    /** A conditional jump; returns the place of its displacement, for {@link #land} or {@link #patch}. */
    public int jcc(int condition) {
        byte1(0x0F);
        byte1(0x80 | condition);
        int4(0);
        return size - 4;
    }

    public int jmp() {
        byte1(0xE9);
        int4(0);
        return size - 4;
    }

    public int call() {
        byte1(0xE8);
        int4(0);
        return size - 4;
    }

    /** Lets a jump end here. */
    public void land(int place) {
        patch(place, size);
    }

    /** Lets a jump end at an offset, which may lie outside of the buffer. */
    public void patch(int place, int target) {
        put(place, target - (place + 4));
    }
}
