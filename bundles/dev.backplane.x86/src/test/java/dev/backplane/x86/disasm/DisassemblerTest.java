package dev.backplane.x86.disasm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.backplane.x86.state.Cpu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Instructions as text. What objdump of Debian (binutils) says is right, where it is installed. */
class DisassemblerTest {
    private static final int SLOT = 32;
    private static final int NOP = 0x90;
    /** Maps from here on are those of VEX. */
    private static final int VEX_MAPS = 4;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2 | 488b45f8             | mov rax,QWORD PTR [rbp-0x8]",
                "2 | 65488b042528000000   | mov rax,QWORD PTR gs:0x28",
                "2 | 488d0d10000000       | lea rcx,[rip+0x10]",
                "2 | e8fbffffff           | call 0x1000",
                "2 | f3a4                 | rep movs BYTE PTR es:[rdi],BYTE PTR ds:[rsi]",
                "2 | f0480fb10a           | lock cmpxchg QWORD PTR [rdx],rcx",
                "2 | 48c7c0ffffffff       | mov rax,0xffffffffffffffff",
                "2 | 48b88877665544332211 | movabs rax,0x1122334455667788",
                "2 | 0f22d8               | mov cr3,rax",
                "2 | 66450f6fc1           | movdqa xmm8,xmm9",
                "2 | c5fc5801             | vaddps ymm0,ymm0,YMMWORD PTR [rcx]",
                "2 | c4e2f9b8c2           | vfmadd231pd xmm0,xmm0,xmm2",
                "2 | c4e26d90041d10000000 | vpgatherdd ymm0,DWORD PTR [ymm3*1+0x10],ymm2",
                "2 | c4e2f0f2c3           | andn rax,rcx,rbx",
                "2 | c5f4c2d105           | vcmpnltps ymm2,ymm1,ymm1",
                "2 | d9e8                 | fld1",
                "2 | dec1                 | faddp st(1),st",
                "1 | ea007c00000800       | jmp 0x8:0x7c00",
                "0 | ebf4                 | jmp 0xff6",
                "0 | a10006               | mov ax,ds:0x600",
                "0 | 6766a100060000       | mov eax,ds:0x600",
                "2 | 0f0fff               | (bad)"
            })
    void textIsIntelSyntax(int mode, String bytes, String text) {
        byte[] code = HexFormat.of().parseHex(bytes);
        assertEquals(
                text, new Disassembler().at(code, 0, code.length, mode, 0x1000).text());
    }

    @Test
    void opcodeTableReadsAsObjdumpSays() throws IOException {
        assumeTrue(Objdump.program().isPresent(), "objdump is not installed (apt-get install binutils)");
        long seed = new Random().nextLong();
        for (int mode = Cpu.CODE16; mode <= Cpu.CODE64; mode++) {
            byte[] code = forms(mode, new Random(seed));
            var share = new Share();
            int now = mode;
            Objdump.bytes(code, mode, 0, folder, line -> {
                if (line.address() % SLOT == 0) {
                    share.compare(code, (int) line.address(), now, now == Cpu.CODE16 ? within64k(line) : line);
                }
            });
            System.out.printf("disassembler, opcode table, mode %d, seed %d: %s%n", mode, seed, share);
            assertTrue(share.share() > 0.95, share::toString);
        }
    }

    @Test
    void textOfAProgramReadsAsObjdumpSays() throws IOException {
        assumeTrue(Objdump.program().isPresent(), "objdump is not installed (apt-get install binutils)");
        Path program = Path.of(System.getProperty(
                "backplane.disasm.program", Objdump.program().get().toRealPath().toString()));
        byte[] file = Files.readAllBytes(program);
        var text = new ElfText(file);
        var share = new Share();
        Objdump.text(program, line -> share.compare(file, text.offset(line.address()), Cpu.CODE64, line));
        System.out.printf("disassembler, %s: %s%n", program, share);
        assertTrue(share.share() > 0.999, share::toString);
    }

    /** Targets of 16-bit code wrap at 64 KiB; objdump keeps the upper bits of the address. */
    private static Objdump.Line within64k(Objdump.Line line) {
        String text = line.text().replaceAll("((?:j[a-z]+|call|loop[a-z]*) )0x[0-9a-f]([0-9a-f]{4})$", "$10x$2");
        return new Objdump.Line(
                line.address(), line.length(), text.replaceAll("(^| )0x0+(?=[0-9a-f])([0-9a-f]+)$", "$10x$2"));
    }

    /** Random encodings of every opcode with every mandatory prefix that the decoder knows, each in a place of its own among NOPs. */
    private static byte[] forms(int mode, Random random) {
        var disassembler = new Disassembler();
        byte[] code = new byte[8 * 256 * 4 * 24 * SLOT];
        int used = 0;
        byte[] form = new byte[SLOT];
        for (int map = 0; map < VEX_MAPS + 4; map++) {
            for (int opcode = 0; opcode < 256; opcode++) {
                if (map == VEX_MAPS || map == 0 && isPrefix(opcode, mode)) {
                    continue;
                }
                for (int prefix = 0; prefix < 4; prefix++) {
                    for (int n = 0; n < 24; n++) {
                        int length = form(form, mode, map, opcode, prefix, random);
                        var line = disassembler.at(form, 0, SLOT, mode, used);
                        if (line.length() >= length && !line.text().equals("(bad)")) {
                            Arrays.fill(form, line.length(), SLOT, (byte) NOP);
                            System.arraycopy(form, 0, code, used, SLOT);
                            used += SLOT;
                        }
                    }
                }
            }
        }
        return Arrays.copyOf(code, used);
    }

    private static boolean isPrefix(int opcode, int mode) {
        return switch (opcode) {
            case 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3 -> true;
            default -> mode == Cpu.CODE64 && opcode >= 0x40 && opcode < 0x50;
        };
    }

    /** Fills in one encoding; returns the length of prefixes and opcode. */
    private static int form(byte[] form, int mode, int map, int opcode, int prefix, Random random) {
        random.nextBytes(form);
        int at = 0;
        if (map > VEX_MAPS) {
            int w = random.nextInt(2) << 7;
            int vvvv = random.nextBoolean() ? 0x78 : random.nextInt(16) << 3;
            form[at++] = (byte) 0xC4;
            form[at++] = (byte) ((mode == Cpu.CODE64 ? random.nextInt(8) << 5 : 0xE0) | map - VEX_MAPS);
            form[at++] = (byte) (w | vvvv | random.nextInt(2) << 2 | prefix);
            form[at++] = (byte) opcode;
            return at;
        }
        if (prefix != 0) {
            form[at++] = (byte) (prefix == 1 ? 0x66 : prefix == 2 ? 0xF3 : 0xF2);
        }
        if (mode == Cpu.CODE64 && random.nextBoolean()) {
            form[at++] = (byte) (0x40 | random.nextInt(16));
        }
        if (map > 0) {
            form[at++] = 0x0F;
        }
        if (map > 1) {
            form[at++] = (byte) (map == 2 ? 0x38 : 0x3A);
        }
        form[at++] = (byte) opcode;
        return at;
    }

    /** How many instructions read alike, and what does not. */
    private static final class Share {
        private final Disassembler disassembler = new Disassembler();
        private final Map<String, Integer> different = new TreeMap<>();
        private final Map<String, String> examples = new TreeMap<>();
        private int all;
        private int unknown;
        private int alike;

        void compare(byte[] code, int at, int mode, Objdump.Line line) {
            var ours = disassembler.at(code, at, Math.min(code.length, at + 15), mode, line.address());
            if (ours.text().equals("(bad)") || line.text().contains("(bad)")) {
                // Not in the CPU's instruction set, or not in objdump's.
                unknown++;
                return;
            }
            all++;
            boolean same = ours.length() == line.length()
                    && (ours.text().equals(line.text())
                            || Objdump.withoutIdlePrefixes(ours.text())
                                    .equals(Objdump.withoutIdlePrefixes(line.text())));
            if (same) {
                alike++;
                return;
            }
            String kind = line.text().split(" ")[0] + "/" + ours.text().split(" ")[0];
            different.merge(kind, 1, Integer::sum);
            examples.putIfAbsent(
                    kind,
                    "%s: \"%s\", ours \"%s\""
                            .formatted(
                                    HexFormat.of().formatHex(code, at, at + line.length()), line.text(), ours.text()));
        }

        double share() {
            return (double) alike / all;
        }

        @Override
        public String toString() {
            var text = new StringBuilder("%,d of %,d instructions read alike (%.2f %%), %,d not known to one side"
                    .formatted(alike, all, 100 * share(), unknown));
            different.entrySet().stream()
                    .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                    .limit(Integer.getInteger("backplane.disasm.shown", 5))
                    .forEach(entry ->
                            text.append("%n  %5d %s".formatted(entry.getValue(), examples.get(entry.getKey()))));
            return text.toString();
        }
    }
}
