package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Debian's kernel on the model x86-64-v3, with two processes that compute with AVX2, FMA and BMI and give way to each other all the
 * time: each finds its own vectors again.
 */
class VectorsIT {
    private static final Duration BOOT = Duration.ofMinutes(3);

    /** Where the program is in memory, and how long the headers before it are. */
    private static final int IMAGE = 0x400000;

    private static final int HEADERS = 0x78;

    /**
     * Forks; both processes fill ymm0, ymm7 and ymm15 with their number, and 5000 times yield, compare what is in them, compute n * n + n
     * by VFMADD213PS and by VPMULLD, and try ANDN and PEXT. The parent waits for the other, says "vectors kept" if all was well,
     * and turns the machine off.
     */
    private static final String PROGRAM = """
            41bc01000000b8390000000f054189c585c0750641bc02000000c4c1796ec4c4
            e27d58c0c57dfef8c5fc5bf8bb88130000b8180000000f05c5fdfec8c4c17576
            cfc5fdd7c183f8ff0f8591000000c5fc28d7c4e245a8d7c5fe5bd2c4e27d40d8
            c5e5fed8c5ed76d3c5fdd7c283f8ff756e438d0c24c4e218f2d1c4e272f5c283
            f801755bffcb75a931ff4585ed7449488d74248031d24531d24489efb83d0000
            000f05837c2480007535bf01000000488d3535000000ba0d000000b801000000
            0f05bfaddee1febe69191228badcfe2143b8a90000000f05b83c0000000f05bf
            030000004585ed74efebd7766563746f7273206b6570740a
            """;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"soft", "bt"})
    void twoProcessesKeepTheirVectors(String type) throws IOException {
        Path initrd = Files.write(folder.resolve("initrd.cpio"), archive("vectors", program()));
        Path file =
                Files.writeString(folder.resolve("vectors.yaml"), """
                name: vectors
                memory: 128MiB
                cpu: {type: %s, model: x86-64-v3}
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet rdinit=/vectors"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                """.formatted(type, DebianGuest.kernel(), initrd));
        var result = Backplane.run(BOOT, "run", file.toString());
        result.assertStatus(0);
        assertTrue(result.text().contains("vectors kept"), result.text() + result.errors());
    }

    /** An ELF file with one segment. */
    private static byte[] program() {
        byte[] code = HexFormat.of().parseHex(PROGRAM.replaceAll("\\s", ""));
        ByteBuffer out = ByteBuffer.allocate(HEADERS + code.length).order(ByteOrder.LITTLE_ENDIAN);
        out.put(HexFormat.of().parseHex("7f454c46020101000000000000000000"));
        out.putShort((short) 2).putShort((short) 62).putInt(1);
        out.putLong(IMAGE + HEADERS).putLong(64).putLong(0);
        out.putInt(0).putShort((short) 64).putShort((short) 56).putShort((short) 1);
        out.putShort((short) 0).putShort((short) 0).putShort((short) 0);
        out.putInt(1).putInt(5).putLong(0).putLong(IMAGE).putLong(IMAGE);
        out.putLong(out.capacity()).putLong(out.capacity()).putLong(0x1000);
        return out.put(code).array();
    }

    /** An initramfs (the kernel's buffer-format.rst) with one file that can be executed. */
    private static byte[] archive(String name, byte[] content) {
        var out = new ByteArrayOutputStream();
        entry(out, name, 0x81ED, content);
        entry(out, "TRAILER!!!", 0, new byte[0]);
        return out.toByteArray();
    }

    private static void entry(ByteArrayOutputStream out, String name, int mode, byte[] content) {
        String header = "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x"
                .formatted(1, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length() + 1, 0);
        out.writeBytes((header + name + "\0").getBytes(StandardCharsets.US_ASCII));
        pad(out);
        out.writeBytes(content);
        pad(out);
    }

    private static void pad(ByteArrayOutputStream out) {
        while ((out.size() & 3) != 0) {
            out.write(0);
        }
    }
}
