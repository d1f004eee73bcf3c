package dev.backplane.x86.oracle;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/** Random encodings of an opcode form: prefixes, registers, addressing, immediates. */
final class Encoder {
    private static final int RSP = 4;

    private final Random random;
    private final Targets targets;

    Encoder(Random random, Targets targets) {
        this.random = random;
        this.targets = targets;
    }

    /** An encoding to stand at an address. */
    byte[] encode(Form form, long address) {
        boolean memory = form.memory();
        boolean offset = form.operands().contains("O");
        boolean string = form.operands().matches(".*[XY].*");
        var prefixes = new ArrayList<Integer>();
        boolean word = !form.vex() && (form.bits() == 16 || form.prefix().equals("66"));
        if (word) {
            prefixes.add(0x66);
        }
        boolean addressed = memory || offset || string || form.mnemonic().matches("XLAT|LOOP.*|JCXZ|MASKMOV.*");
        boolean shortAddress = form.wide() && addressed && random.nextInt(8) == 0;
        if (shortAddress) {
            prefixes.add(0x67);
        }
        if (form.wide() && (memory || offset || string || form.mnemonic().matches("XLAT|MASKMOV.*"))) {
            segment(prefixes);
        }
        switch (form.extra()) {
            case "lock" -> prefixes.add(0xF0);
            case "rep" -> prefixes.add(0xF3);
            case "repne" -> prefixes.add(0xF2);
            default -> {}
        }
        if (!form.vex() && form.prefix().startsWith("F")) {
            prefixes.add(Integer.parseInt(form.prefix(), 16));
        }
        Collections.shuffle(prefixes, random);
        var code = new ByteArrayOutputStream();
        prefixes.forEach(code::write);
        int rex;
        if (form.vex()) {
            rex = vex(form, code);
        } else {
            rex = rex(form);
            if (rex != 0) {
                code.write(rex);
            }
            opcode(form, code);
        }
        int relocated = -1;
        if (!form.modrm().equals("-")) {
            int reg = reg(form);
            if (memory) {
                relocated = memory(code, reg, form, rex);
            } else {
                int rm = form.modrm().startsWith("=")
                        ? Integer.parseInt(form.modrm().substring(1), 16)
                        : 0xC0 | reg << 3 | random.nextInt(8);
                code.write(rm);
            }
        }
        immediate(form, code, (rex & 8) != 0, word && (rex & 8) == 0, shortAddress, address);
        byte[] bytes = code.toByteArray();
        if (relocated >= 0) {
            put(bytes, relocated, targets.near(random) - (address + bytes.length));
        }
        return bytes;
    }

    private void segment(List<Integer> prefixes) {
        switch (random.nextInt(16)) {
            case 0, 1 -> prefixes.add(0x64);
            case 2, 3 -> prefixes.add(0x65);
            case 4 -> prefixes.add(List.of(0x26, 0x2E, 0x36, 0x3E).get(random.nextInt(4)));
            default -> {}
        }
    }

    private int rex(Form form) {
        if (!form.wide()) {
            return 0;
        }
        boolean sized = form.bits() != 0;
        int w = form.bits() == 64 && !form.has("d64") ? 8 : 0;
        if (form.has("d64") && form.bits() == 64) {
            w = random.nextInt(4) == 0 ? 8 : 0;
        }
        if (!sized && !form.mnemonic().matches("CMPXCHG8B|NOP|PAUSE")) {
            w = random.nextInt(4) == 0 ? 8 : 0;
        }
        int rxb = random.nextInt(3) == 0 ? 0 : random.nextInt(8);
        if (form.mnemonic().equals("NOP") && form.modrm().equals("-")) {
            return 0;
        }
        if (form.opcode().equals("90+8") && form.bits() == 32) {
            rxb |= random.nextInt(2);
        }
        // A REX prefix of nothing turns AH to BH into SPL to DIL.
        boolean bare = random.nextInt(8) == 0;
        return (w | rxb) != 0 || bare ? 0x40 | w | rxb : 0;
    }

    /** VEX prefix and opcode. Returns the bits that REX would have. */
    private int vex(Form form, ByteArrayOutputStream code) {
        int map = form.opcode().startsWith("0F38") ? 2 : form.opcode().startsWith("0F3A") ? 3 : 1;
        int w = form.has("w1") || form.bits() == 64
                ? 8
                : form.has("w0") || form.bits() == 32 ? 0 : random.nextInt(2) << 3;
        int rxb = random.nextInt(3) == 0 ? 0 : random.nextInt(8);
        int length = form.has("l1") ? 4 : form.has("l0") ? 0 : random.nextInt(2) << 2;
        int vvvv = form.namesVvvv() || random.nextInt(24) == 0 ? random.nextInt(16) << 3 : 0x78;
        int last = vvvv | length | List.of("np", "66", "F3", "F2").indexOf(form.prefix());
        if (map == 1 && w == 0 && (rxb & 3) == 0 && random.nextBoolean()) {
            code.write(0xC5);
            code.write(~rxb << 5 & 0x80 | last);
        } else {
            code.write(0xC4);
            code.write(~rxb << 5 & 0xE0 | map);
            code.write(w << 4 | last);
        }
        code.write(Integer.parseInt(form.opcode().substring(form.opcode().length() - 2), 16));
        return w | rxb;
    }

    private void opcode(Form form, ByteArrayOutputStream code) {
        String digits = form.opcode();
        boolean register = digits.endsWith("+8");
        byte[] opcode = HexFormat.of().parseHex(register ? digits.substring(0, digits.length() - 2) : digits);
        code.write(opcode, 0, opcode.length - 1);
        code.write(opcode[opcode.length - 1] + (register ? random.nextInt(8) : 0));
    }

    private int reg(Form form) {
        return form.modrm().startsWith("/") ? form.modrm().charAt(1) - '0' : random.nextInt(8);
    }

    /** ModR/M, SIB and displacement. Returns where a RIP-relative displacement is to be filled in, or -1. */
    private int memory(ByteArrayOutputStream code, int reg, Form form, int rex) {
        if (form.operands().matches(".*S(x|dq).*")) {
            vectorIndex(code, reg);
            return -1;
        }
        int kind = random.nextInt(16);
        if (kind < 2) {
            if (form.wide()) {
                code.write(reg << 3 | 5);
                int at = code.size();
                put(code, 0, 4);
                return at;
            }
            code.write(reg << 3 | 5);
            put(code, targets.near(random), 4);
            return -1;
        }
        if (kind == 2) {
            // SIB without base and index: an absolute address.
            code.write(reg << 3 | 4);
            code.write(random.nextInt(4) << 6 | RSP << 3 | 5);
            if ((rex & 2) != 0) {
                // REX.X makes the index r12: an address like any other.
                put(code, random.nextInt(), 4);
            } else {
                put(code, targets.near(random), 4);
            }
            return -1;
        }
        int mod = kind == 3 ? 0 : random.nextInt(3);
        boolean sib = kind == 3 || random.nextInt(3) == 0;
        int base = kind == 3 ? 5 : random.nextInt(8);
        if (base == 5 && mod == 0 && kind != 3) {
            mod = 1;
        }
        if (sib || base == RSP) {
            int index = kind == 3 ? random.nextInt(RSP) : random.nextInt(8);
            int scale = random.nextInt(4);
            boolean same = index == base && (rex & 1) == (rex >> 1 & 1);
            if (same && scale == 0) {
                scale = 1 + random.nextInt(3);
            }
            code.write(mod << 6 | reg << 3 | 4);
            code.write(scale << 6 | index << 3 | base);
        } else {
            code.write(mod << 6 | reg << 3 | base);
        }
        if (mod == 1) {
            code.write(random.nextInt(256));
        } else if (mod == 2 || kind == 3) {
            put(code, random.nextInt(4) == 0 ? random.nextInt(4096) : random.nextInt(), 4);
        }
        return -1;
    }

    /** A vector as index, and a base. */
    private void vectorIndex(ByteArrayOutputStream code, int reg) {
        int mod = 1 + random.nextInt(2);
        code.write(mod << 6 | reg << 3 | RSP);
        code.write(random.nextInt(256));
        put(code, random.nextInt(), mod == 1 ? 1 : 4);
    }

    private void immediate(
            Form form, ByteArrayOutputStream code, boolean quad, boolean word, boolean shortAddress, long address) {
        for (String operand : form.operands().split(",")) {
            switch (operand) {
                case "Ib", "Lx" -> code.write(byteImmediate(form));
                case "Iw" -> put(code, random.nextInt(4) == 0 ? value() : random.nextInt(64), 2);
                case "Iz" -> put(code, value(), word ? 2 : 4);
                case "Iv" -> put(code, value(), quad ? 8 : word ? 2 : 4);
                case "Ob", "Ov" -> {
                    long target = targets.near(random);
                    put(code, target, form.wide() && !shortAddress ? 8 : 4);
                }
                case "Jb" -> code.write(around(16));
                case "Jz" -> {
                    long target = switch (random.nextInt(8)) {
                        case 0 -> targets.outside(random, true);
                        case 1 -> SiliconLayout.CODE - 0x1000 + random.nextInt(0x1000);
                        default -> address + around(16);
                    };
                    put(code, target - (address + code.size() + 4), 4);
                }
                case "Ap" -> {
                    put(code, address + around(16), word ? 2 : 4);
                    put(code, Targets.selector(random), 2);
                }
                default -> {}
            }
        }
    }

    /** A distance that leads past an instruction of some length, or before it, to code that halts. */
    private int around(int length) {
        int distance = random.nextInt(-8, 64);
        return distance < 0 ? distance - length : distance + length;
    }

    private int byteImmediate(Form form) {
        if (form.mnemonic().equals("INT")) {
            int vector;
            do {
                vector = random.nextBoolean() ? random.nextInt(8) : random.nextInt(256);
            } while (vector == 0x80);
            return vector;
        }
        if (form.mnemonic().equals("ENTER")) {
            return random.nextBoolean() ? 0 : random.nextInt(40);
        }
        return (int) (random.nextInt(3) == 0 ? random.nextInt(32) : value());
    }

    private long value() {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(-3, 4);
            case 1 -> Long.MIN_VALUE >>> random.nextInt(64);
            default -> random.nextLong();
        };
    }

    private static void put(ByteArrayOutputStream code, long value, int bytes) {
        for (int n = 0; n < bytes; n++) {
            code.write((int) (value >> 8 * n));
        }
    }

    private static void put(byte[] code, int at, long value) {
        for (int n = 0; n < 4; n++) {
            code[at + n] = (byte) (value >> 8 * n);
        }
    }
}
