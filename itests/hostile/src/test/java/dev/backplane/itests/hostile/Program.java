package dev.backplane.itests.hostile;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/** Machine code under construction, in one of the three modes in which a kernel file can be entered. */
final class Program {
    /** How much RAM every machine here has. */
    static final int MEMORY = 4 << 20;

    /** Where fragments keep a table of interrupt gates, a counter, a stack. */
    static final int GATES = 0x8_0000;

    static final int COUNTER = 0x8_2000;
    static final int STACK = 0x9_0000;

    private static final int REAL_ORIGIN = 0x7c00;
    private static final int ORIGIN = 0x10_0000;
    private static final int MULTIBOOT_HEADER = 32;
    private static final int ELF_HEADERS = 64 + 56;
    private static final int SECTOR_BYTES = 512;

    /** How it is entered. */
    enum Mode {
        /** A boot sector. */
        REAL,
        /** A multiboot kernel. */
        PROTECTED,
        /** A 64-bit ELF. */
        LONG
    }

    final Mode mode;
    private final ByteArrayOutputStream code = new ByteArrayOutputStream();

    Program(Mode mode) {
        this.mode = mode;
    }

    boolean is64() {
        return mode == Mode.LONG;
    }

    /** The address of what comes next. */
    int here() {
        return switch (mode) {
            case REAL -> REAL_ORIGIN + code.size();
            case PROTECTED -> ORIGIN + MULTIBOOT_HEADER + code.size();
            case LONG -> ORIGIN + ELF_HEADERS + code.size();
        };
    }

    /** Bytes in hexadecimal, with spaces. */
    Program hex(String bytes) {
        code.writeBytes(HexFormat.of().parseHex(bytes.replace(" ", "")));
        return this;
    }

    Program bytes(byte... bytes) {
        code.writeBytes(bytes);
        return this;
    }

    /** A number of one byte. */
    Program b(int value) {
        code.write(value);
        return this;
    }

    /** A number of two bytes. */
    Program w(int value) {
        return b(value).b(value >>> 8);
    }

    /** A number of four bytes. */
    Program d(int value) {
        return w(value).w(value >>> 16);
    }

    /** mov eax, value. Protected and long mode, as all that follow. */
    Program eax(int value) {
        return b(0xb8).d(value);
    }

    /** mov ecx, value. */
    Program ecx(int value) {
        return b(0xb9).d(value);
    }

    /** mov edx, value. */
    Program edx(int value) {
        return b(0xba).d(value);
    }

    /** mov esi, value. */
    Program esi(int value) {
        return b(0xbe).d(value);
    }

    /** mov edi, value. */
    Program edi(int value) {
        return b(0xbf).d(value);
    }

    /** mov dword [address], value. */
    Program store(int address, int value) {
        return edi(address).hex("c7 07").d(value);
    }

    /** An operation with a ModRM byte for a bare address: that of 64-bit code needs a SIB byte. */
    Program absolute(String opcode, int register, int address) {
        hex(opcode);
        return is64()
                ? b(register << 3 | 4).b(0x25).d(address)
                : b(register << 3 | 5).d(address);
    }

    /** out port, value in so many bytes. */
    Program out(int port, int size, int value) {
        edx(port).eax(value);
        return switch (size) {
            case 1 -> hex("ee");
            case 2 -> hex("66 ef");
            default -> hex("ef");
        };
    }

    /** wrmsr. */
    Program msr(int number, int high, int low) {
        return ecx(number).eax(low).edx(high).hex("0f 30");
    }

    /** jmp to an address. */
    Program jump(int target) {
        b(0xe9);
        return d(target - (here() + 4));
    }

    int size() {
        return code.size();
    }

    /** The file that the board loads. */
    byte[] file() {
        byte[] bytes = code.toByteArray();
        return switch (mode) {
            case REAL -> sector(bytes);
            case PROTECTED -> multiboot(bytes);
            case LONG -> elf(bytes);
        };
    }

    private static byte[] sector(byte[] bytes) {
        byte[] sector = new byte[SECTOR_BYTES];
        System.arraycopy(bytes, 0, sector, 0, Math.min(bytes.length, SECTOR_BYTES - 2));
        sector[SECTOR_BYTES - 2] = 0x55;
        sector[SECTOR_BYTES - 1] = (byte) 0xaa;
        return sector;
    }

    /** Multiboot 0.6.96, 3.1, with addresses. */
    private static byte[] multiboot(byte[] bytes) {
        var file = ByteBuffer.allocate(MULTIBOOT_HEADER + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
        int flags = 1 << 16;
        file.putInt(0x1bad_b002).putInt(flags).putInt(-(0x1bad_b002 + flags));
        file.putInt(ORIGIN).putInt(ORIGIN).putInt(0).putInt(0).putInt(ORIGIN + MULTIBOOT_HEADER);
        return file.put(bytes).array();
    }

    private static byte[] elf(byte[] bytes) {
        int length = ELF_HEADERS + bytes.length;
        var file = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(0x464c_457f).put((byte) 2).put((byte) 1).put((byte) 1).position(16);
        file.putShort((short) 2).putShort((short) 62).putInt(1);
        file.putLong(ORIGIN + ELF_HEADERS).putLong(64).putLong(0).putInt(0);
        file.putShort((short) 64).putShort((short) 56).putShort((short) 1);
        file.putShort((short) 64).putShort((short) 0).putShort((short) 0);
        file.putInt(1).putInt(7).putLong(0).putLong(ORIGIN).putLong(ORIGIN);
        file.putLong(length).putLong(length).putLong(0x1000);
        return file.put(bytes).array();
    }
}
