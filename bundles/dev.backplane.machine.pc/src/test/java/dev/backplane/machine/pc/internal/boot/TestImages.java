package dev.backplane.machine.pc.internal.boot;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import net.jpountz.lz4.LZ4Factory;
import org.tukaani.xz.FilterOptions;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.LZMAOutputStream;
import org.tukaani.xz.X86Options;
import org.tukaani.xz.XZ;
import org.tukaani.xz.XZOutputStream;

/** Kernels that do nothing, in every format that the board boots. */
final class TestImages {
    /** Where their code goes. */
    static final long LOAD = 0x10_0000;

    /** Where they are entered, from the beginning of their code. */
    static final int ENTRY = 0x40;

    /** Their code, and how much memory it takes with zeros behind. */
    static final byte[] CODE = code();

    static final int CODE_MEMORY = 0x3000;

    private static final int SETUP_SECTORS = 4;

    private TestImages() {}

    private static byte[] code() {
        byte[] code = new byte[0x1800];
        new Random(1).nextBytes(code);
        for (int i = 0x200; i < 0x1400; i++) {
            code[i] = (byte) (i >> 6);
        }
        return code;
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    static byte[] elf64(boolean pvhNote) {
        int content = 0x200;
        ByteBuffer elf = little(content + CODE.length);
        elf.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1});
        elf.putShort(16, (short) 2).putShort(18, (short) 62).putInt(20, 1);
        elf.putLong(24, 0xffff_ffff_8000_0000L + LOAD + ENTRY);
        elf.putLong(32, 64).putShort(52, (short) 64).putShort(54, (short) 56).putShort(56, (short) 2);
        elf.putInt(64, 1).putInt(68, 7).putLong(72, content);
        elf.putLong(80, 0xffff_ffff_8000_0000L + LOAD).putLong(88, LOAD);
        elf.putLong(96, CODE.length).putLong(104, CODE_MEMORY);
        int notes = 0x100;
        elf.putInt(120, 4).putLong(128, notes).putLong(152, 48).putLong(160, 48);
        note(elf, notes, "GNU\0", 3, 0x1234_5678);
        note(elf, notes + 24, "Xen\0", pvhNote ? 18 : 17, (int) LOAD + ENTRY);
        elf.put(content, CODE);
        return elf.array();
    }

    private static void note(ByteBuffer elf, int at, String name, int type, int value) {
        elf.putInt(at, 4).putInt(at + 4, 8).putInt(at + 8, type);
        elf.put(at + 12, name.getBytes(StandardCharsets.US_ASCII));
        elf.putInt(at + 16, value);
    }

    static byte[] elf32(boolean multiboot) {
        int content = 0x100;
        ByteBuffer elf = little(content + CODE.length);
        elf.put(new byte[] {0x7f, 'E', 'L', 'F', 1, 1, 1});
        elf.putShort(16, (short) 2).putShort(18, (short) 3).putInt(20, 1);
        elf.putInt(24, (int) LOAD + ENTRY);
        elf.putInt(28, 52).putShort(40, (short) 52).putShort(42, (short) 32).putShort(44, (short) 1);
        elf.putInt(52, 1).putInt(56, content).putInt(60, (int) LOAD).putInt(64, (int) LOAD);
        elf.putInt(68, CODE.length).putInt(72, CODE_MEMORY).putInt(76, 7);
        elf.put(content, CODE);
        if (multiboot) {
            multibootHeader(elf, content, 3);
        }
        return elf.array();
    }

    /** A flat file with 16 bytes before its header ("a.out kludge"). */
    static byte[] multibootKludge() {
        ByteBuffer file = little(16 + CODE.length);
        file.put(16, CODE);
        multibootHeader(file, 16, 3 | 1 << 16);
        file.putInt(28, (int) LOAD).putInt(32, (int) LOAD);
        file.putInt(36, (int) LOAD + CODE.length)
                .putInt(40, (int) LOAD + CODE_MEMORY)
                .putInt(44, (int) LOAD + ENTRY);
        return file.array();
    }

    private static void multibootHeader(ByteBuffer file, int at, int flags) {
        file.putInt(at, 0x1bad_b002).putInt(at + 4, flags).putInt(at + 8, -(0x1bad_b002 + flags));
    }

    static byte[] bootSector() {
        byte[] sector = new byte[512];
        sector[0] = (byte) 0xf4;
        sector[510] = 0x55;
        sector[511] = (byte) 0xaa;
        return sector;
    }

    /** A bzImage of Linux 6.1 around a payload, with its checksum. */
    static byte[] bzImage(byte[] payload) {
        return bzImage(payload, "6.1.0-test (me@here) #1");
    }

    static byte[] bzImage(byte[] payload, String version) {
        int setup = (SETUP_SECTORS + 1) * 512;
        int code = 0x240 + payload.length;
        int paragraphs = (code + 4 + 15) / 16;
        ByteBuffer image = little(setup + paragraphs * 16);
        image.putInt(0x3c, 0x40).putInt(0x40, 0x4550);
        image.put(0x1f1, (byte) SETUP_SECTORS).putInt(0x1f4, paragraphs).putShort(0x1fe, (short) 0xaa55);
        image.putShort(0x200, (short) 0x6aeb).put(0x202, "HdrS".getBytes(StandardCharsets.US_ASCII));
        image.putShort(0x206, (short) 0x20f).putShort(0x20e, (short) 0x400);
        image.put(0x211, (byte) 1).putInt(0x22c, 0x7fff_ffff).putInt(0x230, 0x20_0000);
        image.putShort(0x236, (short) 0x7f).putInt(0x238, 2047);
        image.putInt(0x248, 0x240).putInt(0x24c, payload.length);
        image.putLong(0x258, LOAD).putInt(0x260, 0x2_0000);
        image.put(0x600, version.getBytes(StandardCharsets.US_ASCII));
        image.put(setup + 0x240, payload);
        putChecksum(image);
        return image.array();
    }

    static void putChecksum(ByteBuffer image) {
        CRC32 crc = new CRC32();
        crc.update(image.array(), 0, image.capacity() - 4);
        image.putInt(image.capacity() - 4, ~(int) crc.getValue());
    }

    static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        }
        return out.toByteArray();
    }

    static byte[] xz(byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        FilterOptions[] filters = {new X86Options(), new LZMA2Options()};
        try (OutputStream xz = new XZOutputStream(out, filters, XZ.CHECK_CRC32)) {
            xz.write(content);
        }
        return withSize(out.toByteArray(), content.length);
    }

    static byte[] lzma(byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream lzma = new LZMAOutputStream(out, new LZMA2Options(), -1)) {
            lzma.write(content);
        }
        return withSize(out.toByteArray(), content.length);
    }

    static byte[] zstd(byte[] content) {
        return withSize(Zstd.compress(content), content.length);
    }

    /** In blocks of 4 KiB, so that there are several. */
    static byte[] lz4(byte[] content) {
        ByteBuffer out = little(8 + content.length * 2);
        out.putInt(0x184c_2102);
        for (int at = 0; at < content.length; at += 4096) {
            byte[] packed = LZ4Factory.safeInstance()
                    .highCompressor()
                    .compress(content, at, Math.min(4096, content.length - at));
            out.putInt(packed.length).put(packed);
        }
        byte[] result = new byte[out.position()];
        out.get(0, result);
        return withSize(result, content.length);
    }

    static byte[] withSize(byte[] packed, int size) {
        return little(packed.length + 4).put(packed).putInt(packed.length, size).array();
    }
}
