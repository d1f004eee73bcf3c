package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.oracle.HostCpu;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;

/** The MMX and SSE lines of the opcode table, and random encodings of them. */
final class SimdForms {
    private static final int RBX = 3;

    private SimdForms() {}

    /** Opcode, mandatory prefix, ModRM rule, mnemonic and operands of every line from "MMX" on that the host can run. */
    static List<String> lines() {
        var stream = Objects.requireNonNull(Decoder.class.getResourceAsStream("opcodes.txt"));
        try (var reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.US_ASCII))) {
            return reader.lines()
                    .dropWhile(line -> !line.startsWith("# -- MMX"))
                    .filter(line -> !line.startsWith("#"))
                    .filter(SimdForms::hostHasIt)
                    .map(line -> String.join(" ", List.of(line.split("\\s+")).subList(0, 5)))
                    .toList();
        } catch (IOException e) {
            throw new IllegalStateException("the opcode table cannot be read", e);
        }
    }

    private static boolean hostHasIt(String line) {
        int at = line.indexOf(" f:");
        if (at < 0) {
            return true;
        }
        return HostCpu.has(
                switch (line.substring(at + 3).strip()) {
                    case "SSE3" -> "pni";
                    case "SSSE3" -> "ssse3";
                    case "SSE4_1" -> "sse4_1";
                    case "SSE4_2" -> "sse4_2";
                    case "AES" -> "aes";
                    case "PCLMULQDQ" -> "pclmulqdq";
                    case "SHA" -> "sha_ni";
                    default -> throw new IllegalStateException("no name of Linux's for the feature in " + line);
                });
    }

    /** A random encoding of a line; its memory operand, if any, is [rbx + displacement]. */
    static byte[] encode(String line, int displacement, RandomGenerator random) {
        String[] columns = line.split(" ");
        String modrm = columns[2];
        String operands = columns[4];
        boolean memory = modrm.endsWith("m") || !modrm.endsWith("r") || modrm.equals("r") && random.nextBoolean();
        memory = memory && !modrm.equals("rr");
        var code = new ByteArrayOutputStream();
        if (!columns[1].equals("np") && !columns[1].equals("-")) {
            code.write(Integer.parseInt(columns[1], 16));
        }
        int rex = random.nextBoolean() ? 0 : 0x40 | random.nextInt(16);
        if (memory) {
            rex &= ~1;
        }
        int reg = modrm.startsWith("/") ? modrm.charAt(1) - '0' : register(operands, random);
        int rm = memory ? RBX : register(operands, random);
        if (rex != 0) {
            code.write(rex);
        }
        byte[] opcode = HexFormat.of().parseHex(columns[0]);
        code.write(opcode, 0, opcode.length);
        if (!modrm.equals("-")) {
            code.write((memory ? 0x80 : 0xC0) | reg << 3 | rm);
            if (memory) {
                for (int n = 0; n < 4; n++) {
                    code.write(displacement >> 8 * n);
                }
            }
        }
        if (operands.endsWith("Ib")) {
            code.write(random.nextInt(4) == 0 ? random.nextInt(256) : random.nextInt(32));
        }
        return code.toByteArray();
    }

    /** Not rsp where a general register may be meant. */
    private static int register(String operands, RandomGenerator random) {
        int register = random.nextInt(8);
        return register == 4 && operands.matches(".*[GER].*") ? 5 : register;
    }
}
