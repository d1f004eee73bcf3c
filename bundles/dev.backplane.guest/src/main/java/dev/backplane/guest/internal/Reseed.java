package dev.backplane.guest.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/**
 * {@code /libexec/reseed}: a program for x86-64 Linux that gives up to 64 bytes of its standard input to the kernel's random number
 * generator as fresh entropy (RNDADDENTROPY), and has the generator seeded anew at once (RNDRESEEDCRNG): see random(4). A shell cannot
 * do either: both are ioctls.
 */
final class Reseed {
    private static final long BASE = 0x400000;
    private static final int HEADERS = 64 + 56;

    private static final String CODE = ""
            + "4881ec80000000" // sub rsp, 128: a struct rand_pool_info
            + "31c0 31ff 488d742408 ba40000000 0f05" // eax = read(0, rsp + 8, 64)
            + "85c0 7e50" // nothing: fail
            + "89442404 c1e003 890424" // buf_size = eax, entropy_count = 8 * eax
            + "b802000000 488d3d46000000 be01000000 0f05" // eax = open(path, O_WRONLY)
            + "85c0 782f" // negative: fail
            + "89c3 89c7 be03520840 4889e2 b810000000 0f05" // eax = ioctl(ebx = eax, RNDADDENTROPY, rsp)
            + "85c0 7518" // not zero: fail
            + "89df be07520000 31d2 b810000000 0f05" // eax = ioctl(ebx, RNDRESEEDCRNG, 0)
            + "85c0 7504" // not zero: fail
            + "31ff eb05" // edi = 0, to the end
            + "bf01000000" // fail: edi = 1
            + "b83c000000 0f05" // end: exit(edi)
            + "2f6465762f72616e646f6d00"; // path: /dev/random

    private Reseed() {}

    /** The program: an ELF file with one segment (System V ABI, chapters 4 and 5). */
    static byte[] program() {
        byte[] code = HexFormat.of().parseHex(CODE.replace(" ", ""));
        int size = HEADERS + code.length;
        ByteBuffer elf = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        // 64 bits, little-endian, version 1.
        elf.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
        elf.putShort((short) 2).putShort((short) 62).putInt(1); // ET_EXEC, EM_X86_64
        elf.putLong(BASE + HEADERS).putLong(64).putLong(0).putInt(0); // entry, program headers, no sections
        elf.putShort((short) 64).putShort((short) 56).putShort((short) 1);
        elf.putShort((short) 64).putShort((short) 0).putShort((short) 0);
        elf.putInt(1).putInt(5); // PT_LOAD, readable and executable
        elf.putLong(0).putLong(BASE).putLong(BASE).putLong(size).putLong(size).putLong(0x1000);
        return elf.put(code).array();
    }
}
