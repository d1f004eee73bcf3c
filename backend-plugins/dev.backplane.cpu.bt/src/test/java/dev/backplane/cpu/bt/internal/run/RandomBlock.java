package dev.backplane.cpu.bt.internal.run;

import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.decode.Feature;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Random blocks of integer instructions that do not fault: memory operands lie in one page that a register points into, nothing
 * reads a flag that is undefined, and rsp is used by balanced pushes and pops only.
 */
final class RandomBlock {
    private static final int[] ALU = {0x00, 0x08, 0x10, 0x18, 0x20, 0x28, 0x30, 0x38};

    /** With 16-bit operands and larger counts, results of SHLD and SHRD are undefined, and differ on one processor. */
    private static final byte PAIR_COUNTS = 15;

    private final SplittableRandom random;
    private final boolean exactly;
    private final Decoder decoder = new Decoder(EnumSet.allOf(Feature.class));
    private final Insn insn = new Insn();

    /** The register that points into the page; nothing changes it. */
    int base;
    /** Flags that are undefined at the end. */
    int undefined;

    /** Flags that are undefined after any of its instructions. */
    int everUndefined;

    byte[] code = {};

    /** {@code exactly}: without instructions whose results differ from processor to processor. */
    RandomBlock(SplittableRandom random, boolean exactly) {
        this.random = random;
        this.exactly = exactly;
    }

    void generate() {
        do {
            base = random.nextInt(16);
        } while (base == 4);
        undefined = 0;
        everUndefined = 0;
        var parts = new ArrayList<byte[]>();
        int count = 1 + random.nextInt(8);
        while (parts.size() < count) {
            byte[] next = instruction();
            if (next.length > 0 && acceptable(next)) {
                parts.add(next);
            }
        }
        code = join(parts);
    }

    private static byte[] join(List<byte[]> parts) {
        var all = new ByteArrayOutputStream();
        parts.forEach(all::writeBytes);
        return all.toByteArray();
    }

    /** Whether it reads defined flags only; notes what it leaves undefined. */
    private boolean acceptable(byte[] bytes) {
        int before = undefined;
        int position = 0;
        int skippable = 0;
        while (position < bytes.length) {
            if (decoder.decode(bytes, position, bytes.length, Cpu.CODE64, insn) != Decoder.Result.OK) {
                throw new IllegalStateException("not decodable: " + Arrays.toString(bytes));
            }
            if ((insn.opcode.flagsRead() & undefined) != 0) {
                undefined = before;
                return false;
            }
            boolean keeps = insn.opcode.has(Opcode.MAY_KEEP_FLAGS)
                    || insn.repeat != 0
                    || insn.opcode.mnemonic().name().startsWith("SH")
                            && insn.opcode.operands().length() > 5;
            int written = insn.opcode.flagsWritten() & Bits.ARITHMETIC;
            int now = insn.opcode.flagsUndefined();
            everUndefined |= now;
            if (keeps || skippable > 0) {
                undefined |= now;
            } else {
                undefined = undefined & ~written | now;
            }
            skippable--;
            if (insn.opcode.mnemonic().name().equals("JCC")) {
                skippable = 1;
            }
            position += insn.length;
        }
        return true;
    }

    private byte[] instruction() {
        return switch (random.nextInt(33)) {
            case 0, 1, 2, 3 -> modrm(ALU[random.nextInt(8)] + random.nextInt(4), -1, 0);
            case 4 -> immediateAlu();
            case 5 -> modrm(0x84 + random.nextInt(2), -1, 0);
            case 6, 7, 8 -> modrm(0x88 + random.nextInt(4), -1, 0);
            case 9 -> modrm(random.nextBoolean() ? 0xFE : 0xFF, random.nextInt(2), 0);
            case 10 -> modrm(0xF6 + random.nextInt(2), 2 + random.nextInt(4), 0);
            case 11 -> modrm(0xC0 + random.nextInt(2), random.nextInt(8), 1);
            case 12 -> modrm(0xD0 + random.nextInt(4), random.nextInt(8), 0);
            case 13 -> modrm(0x1B6 + random.nextInt(2) + 8 * random.nextInt(2), -1, 0);
            case 14 -> modrm(0x140 + random.nextInt(16), -1, 0);
            case 15 -> modrm(0x190 + random.nextInt(16), 0, 0);
            case 16 ->
                switch (random.nextInt(6)) {
                    case 0 -> modrm(0x1AF, -1, 0);
                    case 1 -> modrm(0x6B, -1, 1);
                    case 2 -> modrm(0x1BC + random.nextInt(2), -1, 0);
                    case 3 -> modrm(0x1BA, 4 + random.nextInt(4), 1);
                    case 4 -> shiftedPair();
                    default -> shiftedPairByCl();
                };
            case 17 ->
                switch (random.nextInt(4)) {
                    case 0 -> modrm(0x86 + random.nextInt(2), -1, 0);
                    case 1 -> modrm(0x1C0 + random.nextInt(2), -1, 0);
                    case 2 -> modrm(0x1B0 + random.nextInt(2), -1, 0);
                    default -> modrm(0x63, -1, 0);
                };
            case 18 -> lea();
            case 19 -> single();
            case 20 -> branch();
            case 21 -> constant();
            case 22 -> pushPop();
            case 23 -> divide();
            case 24 -> locked();
            case 25 -> string();
            case 26 -> bitString();
            case 27 -> exchangePair();
            default -> simd();
        };
    }

    private byte[] shiftedPair() {
        byte[] bytes = modrm(0x1A4 + 8 * random.nextInt(2), -1, 1);
        if (bytes.length > 0) {
            bytes[bytes.length - 1] &= PAIR_COUNTS;
        }
        return bytes;
    }

    private byte[] shiftedPairByCl() {
        byte[] shift = modrm(0x1A5 + 8 * random.nextInt(2), -1, 0);
        if (shift.length == 0 || shift[0] != 0x66) {
            return shift;
        }
        // and ecx, 15
        return base == 1 ? new byte[0] : join(List.of(new byte[] {(byte) 0x83, (byte) 0xE1, PAIR_COUNTS}, shift));
    }

    private byte[] branch() {
        byte[] over = {};
        while (over.length == 0) {
            over = modrm(ALU[random.nextInt(8)] + random.nextInt(4), -1, 0);
        }
        byte[] jump = {(byte) (0x70 + random.nextInt(16)), (byte) over.length};
        return join(List.of(jump, over));
    }

    private byte[] single() {
        return switch (random.nextInt(8)) {
            case 0 -> new byte[] {(byte) 0xF8};
            case 1 -> new byte[] {(byte) 0xF9};
            case 2 -> new byte[] {(byte) 0xF5};
            case 3 -> base == 0 ? new byte[0] : new byte[] {0x48, (byte) 0x98};
            case 4 -> base == 2 ? new byte[0] : new byte[] {0x48, (byte) 0x99};
            case 5 -> base == 2 ? new byte[0] : new byte[] {(byte) 0x99};
            case 6 -> base == 0 ? new byte[0] : new byte[] {(byte) 0x98};
            default -> {
                int register = register();
                yield new byte[] {(byte) (0x48 | register >> 3), 0x0F, (byte) (0xC8 | register & 7)};
            }
        };
    }

    /** Any SSE instruction that is copied: by chance. */
    private byte[] simd() {
        int[] maps = {1, 1, 1, 2, 3};
        int[] prefixes = {0, 0x66, 0xF3, 0xF2};
        for (; ; ) {
            int map = maps[random.nextInt(5)];
            int prefix = prefixes[random.nextInt(4)];
            boolean memory = random.nextInt(3) == 0;
            int rex = 0x40 | random.nextInt(8) << 1 & 0xC | (memory ? base >> 3 : random.nextInt(2));
            var out = new ByteArrayOutputStream();
            if (prefix != 0) {
                out.write(prefix);
            }
            out.write(rex);
            out.write(0x0F);
            if (map > 1) {
                out.write(map == 2 ? 0x38 : 0x3A);
            }
            int opcode = random.nextInt(256);
            if (map == 1 && (opcode == 0x38 || opcode == 0x3A)) {
                continue;
            }
            out.write(opcode);
            int reg = random.nextInt(8);
            if (memory) {
                boolean sib = (base & 7) == 4;
                out.write(0x80 | reg << 3 | (sib ? 4 : base & 7));
                if (sib) {
                    out.write(0x20 | base & 7);
                }
                int displacement = random.nextInt(-900, 900) & (random.nextInt(3) == 0 ? -1 : -16);
                for (int n = 0; n < 4; n++) {
                    out.write(displacement >> 8 * n);
                }
            } else {
                out.write(0xC0 | reg << 3 | random.nextInt(8));
            }
            out.write(random.nextInt(256));
            byte[] bytes = out.toByteArray();
            if (decoder.decode(bytes, 0, bytes.length, Cpu.CODE64, insn) == Decoder.Result.OK && copied(insn)) {
                return Arrays.copyOf(bytes, insn.length);
            }
        }
    }

    private boolean copied(Insn i) {
        String operands = i.opcode.operands();
        boolean xmm = operands.matches(".*[VWU].*") && !operands.matches(".*[PQN].*");
        String name = i.mnemonic().name();
        boolean estimate = name.startsWith("RSQRT") || name.startsWith("RCP");
        boolean implicit = name.startsWith("PCMPE") && name.contains("STR")
                || name.startsWith("PCMPI")
                || name.startsWith("MASKMOV");
        int bytes = i.opcode.memoryBytes();
        boolean aligned = !i.memory || bytes != 16 || (i.displacement & 15) == 0;
        boolean general = operands.indexOf('G') >= 0 && (i.reg == base || i.reg == 4)
                || operands.indexOf('E') >= 0 && !i.memory && (i.rm == base || i.rm == 4);
        return xmm && !implicit && !(exactly && estimate) && aligned && !general;
    }

    /** A division that may fault in general, prepared so that it does not: of 0 by an odd number, or a sign-extended one. */
    private byte[] divide() {
        int divisor = register();
        if (base == 0 || base == 2 || divisor == 0 || divisor == 2) {
            return new byte[0];
        }
        int rex = (random.nextBoolean() ? 0x48 : 0x40) | divisor >> 3;
        byte[] odd = {(byte) rex, (byte) 0x83, (byte) (0xC8 | divisor & 7), 3};
        boolean signed = random.nextBoolean();
        byte[] high = signed
                ? new byte[] {(byte) (rex & 0x48), (byte) 0x99}
                : new byte[] {(byte) 0xBA, (byte) random.nextInt(3), 0, 0, 0};
        byte[] positive = signed ? new byte[] {(byte) rex, (byte) 0xD1, (byte) (0xE8 | divisor & 7)} : new byte[0];
        byte[] unsafe = {(byte) rex, (byte) 0xF7, (byte) ((signed ? 0xF8 : 0xF0) | divisor & 7)};
        return join(List.of(odd, high, positive, unsafe));
    }

    private byte[] pushPop() {
        int from = random.nextInt(16);
        int to = register();
        if (from == 4) {
            return new byte[0];
        }
        return new byte[] {
            (byte) (0x40 | from >> 3), (byte) (0x50 | from & 7), (byte) (0x40 | to >> 3), (byte) (0x58 | to & 7)
        };
    }

    private byte[] constant() {
        int register = register();
        if (random.nextInt(3) == 0) {
            // A byte: with REX, or without it one of ah to bh.
            int plain = random.nextInt(8);
            boolean safe = plain != base && plain != base + 4 && plain != 4;
            return safe && random.nextBoolean() && base > 3
                    ? new byte[] {(byte) (0xB0 | plain), (byte) random.nextInt(256)}
                    : new byte[] {
                        (byte) (0x40 | register >> 3), (byte) (0xB0 | register & 7), (byte) random.nextInt(256)
                    };
        }
        if (random.nextInt(3) == 0) {
            return base == 0
                    ? new byte[0]
                    : new byte[] {
                        (byte) ((random.nextBoolean() ? 0x48 : 0x40) | register >> 3), (byte) (0x90 | register & 7)
                    };
        }
        var out = new ByteArrayOutputStream();
        boolean wide = random.nextBoolean();
        out.write((wide ? 0x48 : 0x40) | register >> 3);
        out.write(0xB8 | register & 7);
        for (int n = 0; n < (wide ? 8 : 4); n++) {
            out.write(random.nextInt(256));
        }
        return out.toByteArray();
    }

    /** MOVS, CMPS, STOS, LODS or SCAS, repeated or not, near the base. */
    private byte[] string() {
        if (base == 1 || base == 6 || base == 7 || base == 0) {
            return new byte[0];
        }
        int opcode = new int[] {0xA4, 0xA6, 0xAA, 0xAC, 0xAE}[random.nextInt(5)] + random.nextInt(2);
        var out = new ByteArrayOutputStream();
        out.writeBytes(pointer(6));
        out.writeBytes(pointer(7));
        out.writeBytes(new byte[] {(byte) 0xB9, (byte) (random.nextInt(5) == 0 ? 0 : random.nextInt(50)), 0, 0, 0});
        int repeat = random.nextInt(4);
        int rex = random.nextInt(3);
        if (rex == 2) {
            out.write(0x66);
        }
        if (repeat > 1) {
            out.write(repeat == 2 ? 0xF2 : 0xF3);
        }
        if (rex == 1) {
            out.write(0x48);
        }
        out.write(opcode);
        return out.toByteArray();
    }

    /** LEA of one of the first registers with the base and a displacement. */
    private byte[] pointer(int register) {
        var out = new ByteArrayOutputStream();
        boolean sib = (base & 7) == 4;
        out.write(0x48 | base >> 3);
        out.write(0x8D);
        out.write(0x80 | register << 3 | (sib ? 4 : base & 7));
        if (sib) {
            out.write(0x20 | base & 7);
        }
        int displacement = random.nextInt(-500, 400);
        for (int n = 0; n < 4; n++) {
            out.write(displacement >> 8 * n);
        }
        return out.toByteArray();
    }

    /** BT, BTS, BTR or BTC with a number that leads to another part of memory. */
    private byte[] bitString() {
        int register = register();
        int kind = random.nextInt(4);
        byte[] bit = memory(0x1A3 + 8 * kind, register, 0, random.nextInt(-100, 100));
        if (kind > 0 && random.nextBoolean()) {
            bit = join(List.of(new byte[] {(byte) 0xF0}, bit));
        }
        int number = random.nextInt(-3000, 3000);
        byte[] set = {
            (byte) (0x48 | register >> 3),
            (byte) 0xC7,
            (byte) (0xC0 | register & 7),
            (byte) number,
            (byte) (number >> 8),
            (byte) (number >> 16),
            (byte) (number >> 24)
        };
        return join(List.of(set, bit));
    }

    /** CMPXCHG8B or CMPXCHG16B, half the time with what is there. */
    private byte[] exchangePair() {
        if (base == 0 || base == 2) {
            return new byte[0];
        }
        int displacement = 16 * random.nextInt(-20, 20);
        int size = random.nextInt(2);
        byte[] exchange = memory(0x1C7, 1, size, displacement);
        if (random.nextBoolean()) {
            exchange = join(List.of(new byte[] {(byte) 0xF0}, exchange));
        }
        return random.nextBoolean()
                ? exchange
                : join(List.of(
                        memory(0x8B, 0, size, displacement),
                        memory(0x8B, 2, size, displacement + 4 + 4 * size),
                        exchange));
    }

    /** An instruction on memory at the base plus a displacement; {@code wide}: 0 for the narrow one, 1 for 64 bits. */
    private byte[] memory(int opcode, int reg, int wide, int displacement) {
        var out = new ByteArrayOutputStream();
        boolean chosen = opcode >= 0x1A3 && opcode < 0x1C0;
        int size = chosen ? random.nextInt(3) : wide;
        if (size == 2) {
            out.write(0x66);
        }
        out.write(0x40 | (size == 1 ? 8 : 0) | reg >> 3 << 2 | base >> 3);
        if (opcode > 0xFF) {
            out.write(0x0F);
        }
        out.write(opcode);
        boolean sib = (base & 7) == 4;
        out.write(0x80 | (reg & 7) << 3 | (sib ? 4 : base & 7));
        if (sib) {
            out.write(0x20 | base & 7);
        }
        for (int n = 0; n < 4; n++) {
            out.write(displacement >> 8 * n);
        }
        return out.toByteArray();
    }

    private byte[] locked() {
        byte[] plain = modrm(ALU[random.nextInt(7)] + random.nextInt(2), -1, 0, true);
        return plain.length == 0 ? plain : join(List.of(new byte[] {(byte) 0xF0}, plain));
    }

    private byte[] lea() {
        return modrm(0x8D, -1, 0, true);
    }

    private byte[] immediateAlu() {
        return switch (random.nextInt(3)) {
            case 0 -> modrm(0x80, random.nextInt(8), 1);
            case 1 -> modrm(0x83, random.nextInt(8), 1);
            default ->
                base == 0 ? new byte[0] : new byte[] {(byte) (ALU[random.nextInt(8)] + 4), (byte) random.nextInt(256)};
        };
    }

    /** A register that may be changed. */
    private int register() {
        int register;
        do {
            register = random.nextInt(16);
        } while (register == 4 || register == base);
        return register;
    }

    private byte[] modrm(int opcode, int extension, int immediate) {
        return modrm(opcode, extension, immediate, false);
    }

    /** Opcodes from 100 on are those of the 0F map. Empty where it is not to be executed. */
    private byte[] modrm(int opcode, int extension, int immediate, boolean memoryOnly) {
        boolean memory = memoryOnly || random.nextInt(3) == 0;
        boolean word = random.nextInt(6) == 0;
        int rex = random.nextInt(3) == 0 ? 0 : 0x40 | random.nextInt(2) << 3;
        int reg = extension >= 0 ? extension : register();
        if (extension < 0 && reg > 7) {
            rex |= 0x44;
        }
        var out = new ByteArrayOutputStream();
        if (word && (rex & 8) == 0) {
            out.write(0x66);
        }
        int rm = memory ? base : register();
        if (rm > 7) {
            rex |= 0x41;
        }
        if (rex == 0 && base < 4) {
            // ah to bh may be a part of the base.
            rex = 0x40;
        }
        if (implicit(opcode, extension)) {
            return new byte[0];
        }
        if (rex != 0) {
            out.write(rex);
        }
        if (opcode > 0xFF) {
            out.write(0x0F);
        }
        out.write(opcode);
        if (memory) {
            int kind = random.nextInt(3);
            boolean sib = (rm & 7) == 4;
            int mod = kind == 0 && (rm & 7) != 5 ? 0 : kind == 1 ? 1 : 2;
            out.write(mod << 6 | (reg & 7) << 3 | (sib ? 4 : rm & 7));
            if (sib) {
                out.write(0x20 | rm & 7);
            }
            if (mod == 1) {
                out.write(random.nextInt(256));
            } else if (mod == 2) {
                int displacement = random.nextInt(-900, 900);
                for (int n = 0; n < 4; n++) {
                    out.write(displacement >> 8 * n);
                }
            }
        } else {
            out.write(0xC0 | (reg & 7) << 3 | rm & 7);
        }
        for (int n = 0; n < immediate; n++) {
            out.write(random.nextInt(256));
        }
        return out.toByteArray();
    }

    /** It changes rax, rdx where one of them is the base. */
    private boolean implicit(int opcode, int extension) {
        boolean multiply = (opcode == 0xF6 || opcode == 0xF7) && extension >= 4;
        return multiply && (base == 0 || base == 2) || (opcode == 0x1B0 || opcode == 0x1B1) && base == 0;
    }
}
