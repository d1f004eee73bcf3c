package dev.backplane.x86.interp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.decode.Feature;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.oracle.NativeOracle;
import dev.backplane.x86.oracle.OracleState;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Vector;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every general-purpose instruction of 64-bit mode against the host's processor: registers, defined flags, memory. Operands,
 * prefixes and values are random but biased to the edges; instructions that would fault are left out.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IntegerOracleTest {
    private static final int CASES = Integer.getInteger("backplane.oracle.cases", 2000);
    private static final int STATES = 4;
    /** Also compares flags that the manual leaves undefined: they are those of Intel's processors since Sandy Bridge or so. */
    private static final boolean UNDEFINED_TOO = Boolean.getBoolean("backplane.oracle.undefined");

    /** Displacement of memory operands: the middle of the page, so that bit offsets and strings have room. */
    private static final int MIDDLE = 0x800;

    private static final Set<Mnemonic> WITH_REPEAT =
            EnumSet.of(Mnemonic.MOVS, Mnemonic.STOS, Mnemonic.LODS, Mnemonic.CMPS, Mnemonic.SCAS);

    private final Decoder decoder = new Decoder(EnumSet.allOf(Feature.class));
    private NativeOracle oracle;
    private TestMachine machine;

    @BeforeAll
    void open() {
        Assumptions.assumeTrue(NativeOracle.isAvailable(), "needs an x86-64 Linux host");
        oracle = NativeOracle.open();
        machine = new TestMachine().userMode(oracle.memoryAddress());
    }

    @AfterAll
    void close() {
        if (oracle != null) {
            oracle.close();
        }
    }

    /** Opcode, and what follows it: "r" ModR/M, "/n" ModR/M with an extension, "i1", "iz", "iv" immediates. */
    static Stream<String> forms() {
        List<String> forms = new ArrayList<>();
        for (int n = 0; n < 8; n++) {
            for (int form = 0; form < 4; form++) {
                forms.add("%02X r".formatted(n * 8 + form));
            }
            forms.add("%02X i1".formatted(n * 8 + 4));
            forms.add("%02X iz".formatted(n * 8 + 5));
            forms.add("80 /%d i1".formatted(n));
            forms.add("81 /%d iz".formatted(n));
            forms.add("83 /%d i1".formatted(n));
            forms.add("C0 /%d i1".formatted(n));
            forms.add("C1 /%d i1".formatted(n));
            for (int opcode = 0xD0; opcode < 0xD4; opcode++) {
                forms.add("%02X /%d".formatted(opcode, n));
            }
            forms.add("%02X i1".formatted(0xB0 + n));
            forms.add("%02X iv".formatted(0xB8 + n));
            forms.add("%02X".formatted(0x90 + n));
            forms.add("0F%02X".formatted(0xC8 + n));
            forms.add("%02X".formatted(0x50 + n));
        }
        for (int n = 0; n < 16; n++) {
            forms.add("0F%02X r".formatted(0x40 + n));
            forms.add("0F%02X r".formatted(0x90 + n));
        }
        for (int n = 0; n < 4; n++) {
            forms.add("FE /%d".formatted(n & 1));
            forms.add("0FBA /%d i1".formatted(4 + n));
            forms.add("0F%02X r".formatted(0xA3 + 8 * n));
        }
        for (String group : List.of("F6", "F7")) {
            forms.add(group + " /0 " + (group.equals("F6") ? "i1" : "iz"));
            for (int n = 2; n < 8; n++) {
                forms.add(group + " /" + n);
            }
        }
        forms.addAll(List.of(
                "FF /0",
                "FF /1",
                "84 r",
                "85 r",
                "86 r",
                "87 r",
                "88 r",
                "89 r",
                "8A r",
                "8B r",
                "8D r",
                "63 r",
                "C6 /0 i1",
                "C7 /0 iz",
                "A8 i1",
                "A9 iz",
                "69 r iz",
                "6B r i1",
                "0FAF r",
                "98",
                "99",
                "9E",
                "9F",
                "F5",
                "F8",
                "F9",
                "0FA4 r i1",
                "0FA5 r",
                "0FAC r i1",
                "0FAD r",
                "0FB0 r",
                "0FB1 r",
                "0FC0 r",
                "0FC1 r",
                "0FB6 r",
                "0FB7 r",
                "0FBE r",
                "0FBF r",
                "0FBC r",
                "0FBD r",
                "F30FB8 r",
                "F20F38F0 r",
                "F20F38F1 r",
                "0FC7 /1",
                "0FC3 r",
                "0F38F0 r",
                "0F38F1 r",
                "D7",
                "A4",
                "A5",
                "A6",
                "A7",
                "AA",
                "AB",
                "AC",
                "AD",
                "AE",
                "AF",
                "0F1F r",
                "6A i1",
                "FF /6"));
        return forms.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("forms")
    void formBehavesAsOnTheHost(String form) {
        long seed = form.hashCode();
        var random = new Random(seed);
        var in = new OracleState();
        var expected = new OracleState();
        var actual = new OracleState();
        int compared = 0;
        for (int n = 0; n < CASES / STATES; n++) {
            byte[] code = encode(form, random);
            var insn = new Insn();
            Decoder.Result result = decoder.decode(code, 0, code.length, Cpu.CODE64, insn);
            if (result == Decoder.Result.UNDEFINED || bitOffsetInAddress(insn)) {
                continue;
            }
            assertEquals(Decoder.Result.OK, result, () -> hex(code));
            assertEquals(code.length, insn.length, () -> hex(code));
            int offset = random.nextInt(8) == 0 ? 0x1000 - 1 - random.nextInt(code.length) : random.nextInt(0xF00);
            machine.code(offset, code);
            for (int s = 0; s < STATES; s++) {
                fill(in, insn, random);
                machine.load(in);
                machine.cpu.rip = TestMachine.CODE + offset;
                machine.run();
                if (machine.vector == Vector.DE
                        || machine.vector == Vector.GP && insn.mnemonic() == Mnemonic.CMPXCHG16B) {
                    continue;
                }
                String name = hex(code) + " " + insn.mnemonic() + ", seed " + seed;
                if (machine.vector != Vector.UD || machine.cpu.rip != TestMachine.CODE + offset + code.length) {
                    fail("%s: exception %d at %x".formatted(name, machine.vector, machine.cpu.rip));
                }
                machine.save(actual);
                oracle.run(code, in, expected);
                expected.rflags = expected.rflags & ~Bits.DF | in.rflags & Bits.DF;
                long undefined = UNDEFINED_TOO ? 0 : undefined(insn, in);
                expected.rflags &= ~undefined;
                actual.rflags &= ~undefined;
                System.arraycopy(in.fx, 0, expected.fx, 0, 512);
                System.arraycopy(in.fx, 0, actual.fx, 0, 512);
                String differences = differences(in, expected, actual);
                if (!differences.isEmpty()) {
                    fail(name + differences);
                }
                compared++;
            }
        }
        if (compared == 0) {
            fail("nothing was compared: every case faulted");
        }
    }

    /** The bit offset of a bit test is also a part of its address: it would lead out of the page. */
    private static boolean bitOffsetInAddress(Insn insn) {
        return insn.memory
                && insn.opcode.operands().equals("Ev,Gv")
                && (insn.reg == 3 || insn.reg == 6)
                && EnumSet.of(Mnemonic.BT, Mnemonic.BTS, Mnemonic.BTR, Mnemonic.BTC)
                        .contains(insn.mnemonic());
    }

    private static String differences(OracleState in, OracleState expected, OracleState actual) {
        var text = new StringBuilder();
        for (int n = 0; n < 16; n++) {
            if (expected.gpr[n] != actual.gpr[n]) {
                text.append(
                        "%nr%d: was %x, expected %x, got %x".formatted(n, in.gpr[n], expected.gpr[n], actual.gpr[n]));
            }
        }
        if (expected.rflags != actual.rflags) {
            text.append("%nrflags: was %x, expected %x, got %x".formatted(in.rflags, expected.rflags, actual.rflags));
        }
        for (int n = 0; n < OracleState.MEMORY_BYTES; n += 8) {
            if (expected.memoryLong(n) != actual.memoryLong(n)) {
                text.append("%nmemory+%x: was %x, expected %x, got %x"
                        .formatted(n, in.memoryLong(n), expected.memoryLong(n), actual.memoryLong(n)));
            }
        }
        if (!text.isEmpty()) {
            text.append("%nfrom rax=%x rcx=%x rdx=%x rbx=%x rsi=%x rdi=%x"
                    .formatted(in.gpr[0], in.gpr[1], in.gpr[2], in.gpr[3], in.gpr[6], in.gpr[7]));
        }
        return text.toString();
    }

    private static String hex(byte[] code) {
        return HexFormat.of().formatHex(code);
    }

    // ---- encodings --------------------------------------------------------------------------------------------------

    private static byte[] encode(String form, Random random) {
        String[] parts = form.split(" ");
        byte[] opcode = HexFormat.of().parseHex(parts[0]);
        var code = new ByteArrayOutputStream();
        boolean repeats = opcode.length == 1 && (opcode[0] & 0xFC) == 0xA4 && opcode[0] != (byte) 0xA8
                || opcode.length == 1 && (opcode[0] & 0xFF) >= 0xAA && (opcode[0] & 0xFF) <= 0xAF;
        boolean stack = opcode.length == 1 && (opcode[0] & 0xF0) == 0x50 || form.equals("FF /6") || form.equals("C9");
        if (!stack && random.nextInt(3) == 0) {
            code.write(0x66);
        }
        if (repeats && random.nextBoolean()) {
            code.write(random.nextBoolean() ? 0xF2 : 0xF3);
        }
        boolean memory = parts.length > 1
                && !parts[1].startsWith("i")
                && (random.nextBoolean() || form.matches("8D r|0FC7.*|0FC3 r|0F38F. r"));
        if (memory && random.nextInt(8) == 0 && lockable(form)) {
            code.write(0xF0);
        }
        int skip = 0;
        if (opcode[0] == (byte) 0xF2 || opcode[0] == (byte) 0xF3) {
            code.write(opcode[0]);
            skip = 1;
        }
        int rex = random.nextInt(3) == 0 ? 0 : 0x40 | random.nextInt(16);
        if (memory) {
            rex &= ~3;
        }
        if (stack) {
            rex &= ~8;
        }
        if (parts.length == 1 || parts[1].startsWith("i")) {
            // The opcode's own register is not to be rsp.
            rex |= (opcode[opcode.length - 1] & 7) == 4 ? 0x41 : 0;
        }
        if (rex != 0) {
            code.write(rex);
        }
        code.write(opcode, skip, opcode.length - skip);
        if (parts.length > 1 && !parts[1].startsWith("i")) {
            int reg = parts[1].startsWith("/") ? parts[1].charAt(1) - '0' : register(random, rex << 1 & 8) & 7;
            if (memory) {
                // [rbx + disp32], [rbx + rsi * scale + disp32]
                boolean indexed = random.nextBoolean();
                code.write(0x80 | reg << 3 | (indexed ? 4 : 3));
                if (indexed) {
                    code.write(random.nextInt(4) << 6 | 6 << 3 | 3);
                }
                int displacement = MIDDLE + (random.nextInt(4) == 0 ? random.nextInt(64) : random.nextInt(8) << 3);
                for (int n = 0; n < 4; n++) {
                    code.write(displacement >> 8 * n);
                }
            } else {
                code.write(0xC0 | reg << 3 | register(random, rex << 3 & 8) & 7);
            }
        }
        String immediate = parts[parts.length - 1];
        if (immediate.startsWith("i")) {
            boolean word = code.toByteArray()[0] == 0x66;
            int bytes = immediate.equals("i1") ? 1 : (rex & 8) != 0 ? immediate.equals("iv") ? 8 : 4 : word ? 2 : 4;
            if (form.startsWith("68")) {
                bytes = word ? 2 : 4;
            }
            long value = value(random);
            for (int n = 0; n < bytes; n++) {
                code.write((int) (value >> 8 * n));
            }
        }
        return code.toByteArray();
    }

    private static boolean lockable(String form) {
        return form.matches(
                        "[0-3][01] r|[0-2][89] r|(80|81|83) /[0-6].*|F[67] /[23]|F[EF] /[01]|8[67] r|0FB[01] r|0FC[01] r|0FC7 /1")
                || form.matches("0F(AB|B3|BB) r|0FBA /[567].*");
    }

    /** A register field; not rsp. */
    private static int register(Random random, int high) {
        int register;
        do {
            register = random.nextInt(8) | high;
        } while (register == 4);
        return register;
    }

    // ---- states -----------------------------------------------------------------------------------------------------

    private void fill(OracleState in, Insn insn, Random random) {
        for (int n = 0; n < 16; n++) {
            in.gpr[n] = value(random);
        }
        in.gpr[4] = 0;
        in.rflags = random.nextInt() & Bits.ARITHMETIC;
        for (int n = 0; n < OracleState.MEMORY_BYTES; n += 8) {
            in.memoryLong(n, n < MIDDLE - 512 || n > MIDDLE + 512 ? 0 : value(random));
        }
        if (insn.memory && insn.mnemonic() != Mnemonic.LEA) {
            in.gpr[3] = oracle.memoryAddress();
            in.gpr[6] = random.nextInt(32);
        }
        switch (insn.mnemonic()) {
            case BT, BTS, BTR, BTC -> {
                if (insn.memory && insn.opcode.operands().endsWith("Gv") && insn.reg != 3 && insn.reg != 6) {
                    in.gpr[insn.reg] = Sizes.merge(in.gpr[insn.reg], random.nextInt(-2048, 2048), insn.operandBytes);
                }
            }
            case XLAT -> in.gpr[3] = oracle.memoryAddress() + random.nextInt(64);
            case DIV, IDIV -> divisible(in, insn, random);
            case CMPXCHG, CMPXCHG8B, CMPXCHG16B -> expected(in, insn, random);
            default -> {
                if (WITH_REPEAT.contains(insn.mnemonic())) {
                    strings(in, random);
                }
            }
        }
    }

    private void strings(OracleState in, Random random) {
        boolean down = random.nextInt(4) == 0;
        in.rflags = in.rflags & ~Bits.DF | (down ? Bits.DF : 0);
        in.gpr[1] = random.nextInt(40);
        in.gpr[6] = oracle.memoryAddress() + MIDDLE + random.nextInt(-160, 160);
        in.gpr[7] = oracle.memoryAddress() + MIDDLE + random.nextInt(-160, 160);
        if (random.nextBoolean()) {
            // Long runs of equal elements, so that comparisons go on.
            for (int n = 0; n < OracleState.MEMORY_BYTES; n += 8) {
                in.memoryLong(n, 0);
            }
            in.gpr[0] = random.nextInt(2);
            in.memory[MIDDLE + random.nextInt(-160, 160)] = 1;
        }
    }

    private static void divisible(OracleState in, Insn insn, Random random) {
        if (random.nextBoolean()) {
            in.gpr[2] = insn.mnemonic() == Mnemonic.IDIV ? in.gpr[0] >> 63 : 0;
        } else {
            in.gpr[2] = in.gpr[2] >> random.nextInt(64);
        }
    }

    private void expected(OracleState in, Insn insn, Random random) {
        if (!random.nextBoolean()) {
            return;
        }
        if (insn.mnemonic() == Mnemonic.CMPXCHG) {
            if (!insn.memory) {
                in.gpr[0] = in.gpr[insn.rm];
            }
            return;
        }
        long at = in.gpr[3]
                - oracle.memoryAddress()
                + insn.displacement
                + (insn.index == 6 ? in.gpr[6] << insn.scale : 0);
        int offset = (int) at & 0xFF8;
        long value = in.memoryLong(offset);
        in.gpr[0] = insn.mnemonic() == Mnemonic.CMPXCHG8B ? value & 0xFFFFFFFFL : value;
        in.gpr[2] = insn.mnemonic() == Mnemonic.CMPXCHG8B ? value >>> 32 : in.memoryLong(offset + 8);
    }

    private static long value(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> random.nextLong();
            case 1 -> random.nextInt(-3, 4);
            case 2 -> Long.MIN_VALUE >>> random.nextInt(64);
            case 3 -> (1L << random.nextInt(64)) - 1;
            case 4 -> random.nextLong() >> random.nextInt(64);
            default -> random.nextInt(256);
        };
    }

    // ---- what the manual leaves undefined
    // -----------------------------------------------------------------------------

    private static long undefined(Insn insn, OracleState in) {
        int bits = (insn.opcode.has(Opcode.BYTE) ? 1 : insn.operandBytes) << 3;
        int mask = bits == 64 ? 63 : 31;
        boolean cl = insn.opcode.operands().endsWith("CL");
        int count = (cl ? (int) in.gpr[1] : insn.opcode.operands().endsWith("1") ? 1 : (int) insn.immediate) & mask;
        return switch (insn.mnemonic()) {
            case SHL, SHR, SAR, ROL, ROR, RCL, RCR -> {
                if (count == 0) {
                    yield 0;
                }
                long flags = insn.opcode.flagsUndefined() & ~Bits.OF;
                flags |= count > 1 ? Bits.OF : 0;
                boolean shift = insn.mnemonic() == Mnemonic.SHL || insn.mnemonic() == Mnemonic.SHR;
                yield shift && count >= bits ? flags | Bits.CF : flags;
            }
            case SHLD, SHRD -> count == 0 ? 0 : count > bits ? -1L : count == 1 ? Bits.AF : Bits.AF | Bits.OF;
            default -> insn.opcode.flagsUndefined();
        };
    }
}
