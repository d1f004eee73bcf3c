package dev.backplane.cpu.bt.internal.run;

import dev.backplane.x86.state.Gpr;
import java.io.ByteArrayOutputStream;
import java.util.SplittableRandom;

/** A few instructions that belong together: branches with what they go over, stack operations in pairs, divisions that are prepared. */
final class Idioms {
    private static final int KINDS = 24;

    private final SplittableRandom random;
    private final RandomBlock block;
    private final RandomBlock.Purpose purpose;

    Idioms(SplittableRandom random, RandomBlock block, RandomBlock.Purpose purpose) {
        this.random = random;
        this.block = block;
        this.purpose = purpose;
    }

    /** Whether a form is made here. */
    boolean make(String name) {
        String mnemonic = name.substring(0, name.indexOf(' '));
        return switch (mnemonic) {
            case "JCC", "JMP", "CALL", "RET", "JMP_IND", "CALL_IND", "PUSH", "POP", "LEAVE", "PUSHF", "DIV", "IDIV" ->
                true;
            case "MOVS", "CMPS", "STOS", "LODS", "SCAS", "CMPXCHG8B", "CMPXCHG16B" -> true;
            case "BT", "BTS", "BTR", "BTC" -> name.contains("Gv") && name.contains("memory");
            case "MOV" -> name.contains("Ob") || name.contains("Ov");
            default -> false;
        };
    }

    byte[] any() {
        return switch (random.nextInt(KINDS)) {
            case 0, 1 -> condition(random.nextBoolean());
            case 2 -> loop();
            case 3 -> pushPop();
            case 4 -> pushConstant();
            case 5 -> pushMemory();
            case 6 -> pushFlags();
            case 7 -> jump();
            case 8 -> call();
            case 9 -> jumpIndirect();
            case 10 -> callIndirect();
            case 11 -> leave();
            case 12 -> absoluteMove();
            case 13, 14 -> divide();
            case 15 -> wild();
            case 16, 17, 18 -> string();
            case 19, 20 -> bitString();
            case 21 -> exchangePair();
            default -> stackPointer();
        };
    }

    /** Jcc over an instruction. */
    private byte[] condition(boolean near) {
        byte[] over = block.filler();
        int cc = random.nextInt(16);
        return near
                ? join(bytes(0x0F, 0x80 | cc, over.length, 0, 0, 0), over)
                : join(bytes(0x70 | cc, over.length), over);
    }

    /** mov ecx, n; L: lea of a free register; dec ecx; jnz L. */
    private byte[] loop() {
        if (block.base == Gpr.RCX || block.index == Gpr.RCX) {
            return new byte[0];
        }
        int r = block.free();
        if (r == Gpr.RCX) {
            return new byte[0];
        }
        byte[] body = join(
                bytes(0x48 | (r >> 3) * 5, 0x8D, 0x40 | (r & 7) << 3 | r & 7),
                (r & 7) == 4 ? bytes(0x24) : bytes(),
                bytes(3));
        byte[] count = bytes(0xB9, 1 + random.nextInt(3), 0, 0, 0);
        return join(count, body, bytes(0xFF, 0xC9), bytes(0x75, -(body.length + 4)));
    }

    private byte[] pushPop() {
        int from = block.any(Gpr.RSP, -1);
        int to = block.free();
        byte[] push = random.nextBoolean()
                ? bytes(0x40 | from >> 3, 0x50 | from & 7)
                : bytes(0x40 | from >> 3, 0xFF, 0xF0 | from & 7);
        byte[] pop = random.nextBoolean()
                ? bytes(0x40 | to >> 3, 0x58 | to & 7)
                : bytes(0x40 | to >> 3, 0x8F, 0xC0 | to & 7);
        return join(push, random.nextInt(3) == 0 ? block.filler() : bytes(), pop);
    }

    private byte[] pushConstant() {
        int to = block.free();
        byte[] push =
                random.nextBoolean() ? bytes(0x6A, random.nextInt(256)) : join(bytes(0x68), int4(random.nextInt()));
        return join(push, bytes(0x40 | to >> 3, 0x58 | to & 7));
    }

    private byte[] pushMemory() {
        int to = block.free();
        return join(memory(0, 0xFF, 6), bytes(0x40 | to >> 3, 0x58 | to & 7));
    }

    private byte[] pushFlags() {
        int to = block.free();
        return bytes(0x9C, 0x40 | to >> 3, 0x58 | to & 7);
    }

    private byte[] jump() {
        byte[] over = block.filler();
        return random.nextBoolean() ? join(bytes(0xEB, over.length), over) : join(bytes(0xE9), int4(over.length), over);
    }

    /** call L; jmp end; L: ret; end. With RET n: push 1 first. */
    private byte[] call() {
        int r = block.free();
        return switch (random.nextInt(3)) {
            case 0 -> bytes(0xE8, 0, 0, 0, 0, 0x40 | r >> 3, 0x58 | r & 7);
            case 1 -> bytes(0xE8, 2, 0, 0, 0, 0xEB, 1, 0xC3);
            default -> bytes(0x6A, 1, 0xE8, 2, 0, 0, 0, 0xEB, 3, 0xC2, 8, 0);
        };
    }

    /** lea r, [rip + over]; jmp r, or by way of memory. */
    private byte[] jumpIndirect() {
        int r = block.free();
        byte[] over = block.filler();
        if (random.nextBoolean()) {
            byte[] jump = bytes(0x40 | r >> 3, 0xFF, 0xE0 | r & 7);
            return join(lea(r, jump.length + over.length), jump, over);
        }
        int displacement = displacement();
        byte[] store = memory(0x48 | r >> 3 << 2, 0x89, r & 7, displacement);
        byte[] jump = memory(0, 0xFF, 4, displacement);
        return join(lea(r, store.length + jump.length + over.length), store, jump, over);
    }

    private byte[] callIndirect() {
        int r = block.free();
        byte[] drop = bytes(0x40 | r >> 3, 0x58 | r & 7);
        if (random.nextBoolean()) {
            byte[] call = bytes(0x40 | r >> 3, 0xFF, 0xD0 | r & 7);
            return join(lea(r, call.length), call, drop);
        }
        int displacement = displacement();
        byte[] store = memory(0x48 | r >> 3 << 2, 0x89, r & 7, displacement);
        byte[] call = memory(0, 0xFF, 2, displacement);
        return join(lea(r, store.length + call.length), store, call, drop);
    }

    private static byte[] lea(int r, int distance) {
        return join(bytes(0x48 | r >> 3 << 2, 0x8D, 5 | (r & 7) << 3), int4(distance));
    }

    /** mov r, rsp; lea rbp, [base + d]; leave; mov rsp, r; mov r, 0. */
    private byte[] leave() {
        int r = block.free();
        if (block.base == Gpr.RBP || block.index == Gpr.RBP || r == Gpr.RBP) {
            return new byte[0];
        }
        return join(
                bytes(0x48 | r >> 3, 0x89, 0xE0 | r & 7),
                memory(0x48, 0x8D, Gpr.RBP, displacement() & -8),
                bytes(0xC9),
                bytes(0x48 | r >> 3 << 2, 0x89, 0xC4 | (r & 7) << 3),
                join(bytes(0x40 | r >> 3, 0xB8 | r & 7), int4(0)));
    }

    private byte[] absoluteMove() {
        if (block.base == Gpr.RAX || block.index == Gpr.RAX) {
            return new byte[0];
        }
        int size = random.nextInt(3);
        byte[] prefix = size == 0 ? bytes() : size == 1 ? bytes(0x66) : bytes(0x48);
        long address = block.data + random.nextInt(2000);
        return join(prefix, bytes(0xA0 + random.nextInt(4)), int4((int) address), int4((int) (address >> 32)));
    }

    /** A division that may fault in general: of 0 by an odd number, or of a sign-extended one; or, where it may fault, of anything. */
    private byte[] divide() {
        int divisor = block.free();
        boolean taken =
                block.base == Gpr.RAX || block.base == Gpr.RDX || block.index == Gpr.RAX || block.index == Gpr.RDX;
        if (taken || divisor == Gpr.RAX || divisor == Gpr.RDX) {
            return new byte[0];
        }
        boolean wide = random.nextBoolean();
        boolean signed = random.nextBoolean();
        int rex = (wide ? 0x48 : 0x40) | divisor >> 3;
        int extension = signed ? 7 : 6;
        int displacement = displacement();
        byte[] byRegister = bytes(rex, 0xF7, 0xC0 | extension << 3 | divisor & 7);
        byte[] store = memory(rex & 0x48 | divisor >> 3 << 2, 0x89, divisor & 7, displacement);
        byte[] byMemory = memory(wide ? 0x48 : 0, 0xF7, extension, displacement);
        byte[] division = random.nextBoolean() ? byRegister : join(store, byMemory);
        if (purpose != RandomBlock.Purpose.PROCESSOR && random.nextInt(3) == 0) {
            return division;
        }
        byte[] odd = bytes(rex, 0x83, 0xC8 | divisor & 7, 3);
        byte[] high = signed ? bytes(rex & 0x48, 0x99) : join(bytes(0xBA), int4(random.nextInt(3)));
        byte[] positive = signed ? bytes(rex, 0xD1, 0xE8 | divisor & 7) : bytes();
        return join(odd, high, positive, division);
    }

    /** What goes down and comes up again: push r; lea rsp, [rsp + 8], or sub rsp, 64; add rsp, 64; cmp r, 1. */
    private byte[] stackPointer() {
        int r = block.free();
        return random.nextBoolean()
                ? bytes(0x40 | r >> 3, 0x50 | r & 7, 0x48, 0x8D, 0x64, 0x24, 8)
                : bytes(0x48, 0x83, 0xEC, 64, 0x48, 0x83, 0xC4, 64, 0x40 | r >> 3, 0x83, 0xF8 | r & 7, 1);
    }

    /** Where it may fault: a jump or a load to wherever a register points, or pushes with such a stack. */
    private byte[] wild() {
        int r = block.free();
        if (purpose == RandomBlock.Purpose.PROCESSOR || (r & 7) == 4 || (r & 7) == 5) {
            return new byte[0];
        }
        return switch (random.nextInt(4)) {
            case 0 -> bytes(0x40 | r >> 3, 0xFF, 0xE0 | r & 7);
            case 1 -> bytes(0x40 | r >> 3, 0xFF, 0xD0 | r & 7);
            case 2 -> bytes(0x48 | r >> 3, 0x8B, r & 7);
            default -> bytes(0x48 | r >> 3, 0x8B, 0xE0 | r & 7, 0x50 + 8 * random.nextInt(2));
        };
    }

    private boolean taken(int... registers) {
        for (int register : registers) {
            if (register == block.base || register == block.index) {
                return true;
            }
        }
        return false;
    }

    /** MOVS, CMPS, STOS, LODS or SCAS, repeated or not, near the base. */
    private byte[] string() {
        if (taken(Gpr.RAX, Gpr.RCX, Gpr.RSI, Gpr.RDI)) {
            return new byte[0];
        }
        int[] opcodes = {0xA4, 0xA6, 0xAA, 0xAC, 0xAE};
        int opcode = opcodes[random.nextInt(opcodes.length)] + random.nextInt(2);
        int size = random.nextInt(3);
        int repeat = random.nextInt(4);
        return join(
                memory(0x48, 0x8D, Gpr.RSI, random.nextInt(-500, 400)),
                memory(0x48, 0x8D, Gpr.RDI, random.nextInt(-500, 400)),
                join(bytes(0xB9), int4(random.nextInt(5) == 0 ? 0 : random.nextInt(50))),
                size == 2 ? bytes(0x66) : bytes(),
                repeat > 1 ? bytes(repeat == 2 ? 0xF2 : 0xF3) : bytes(),
                size == 1 ? bytes(0x48) : bytes(),
                bytes(opcode));
    }

    /** BT, BTS, BTR or BTC with a number that leads to another part of memory. */
    private byte[] bitString() {
        int register = block.free();
        int kind = random.nextInt(4);
        int size = random.nextInt(3);
        return join(
                join(bytes(0x48 | register >> 3, 0xC7, 0xC0 | register & 7), int4(random.nextInt(-3000, 3000))),
                kind > 0 && random.nextBoolean() ? bytes(0xF0) : bytes(),
                size == 2 ? bytes(0x66) : bytes(),
                memory(
                        (size == 1 ? 0x48 : 0x40) | register >> 3 << 2,
                        0x1A3 + 8 * kind,
                        register & 7,
                        random.nextInt(-100, 100)));
    }

    /** CMPXCHG8B or CMPXCHG16B, half the time with what is there. */
    private byte[] exchangePair() {
        if (taken(Gpr.RAX, Gpr.RDX)) {
            return new byte[0];
        }
        int displacement = 16 * random.nextInt(-20, 20);
        boolean wide = random.nextBoolean();
        int rex = wide ? 0x48 : 0;
        byte[] exchange = join(
                random.nextBoolean() ? bytes(0xF0) : bytes(),
                random.nextInt(4) == 0 ? bytes(0x66) : bytes(),
                memory(rex, 0x1C7, 1, displacement));
        return random.nextBoolean()
                ? exchange
                : join(
                        memory(rex, 0x8B, Gpr.RAX, displacement),
                        memory(rex, 0x8B, Gpr.RDX, displacement + (wide ? 8 : 4)),
                        exchange);
    }

    private int displacement() {
        return random.nextInt(-RandomBlock.REACH, RandomBlock.REACH);
    }

    private byte[] memory(int rex, int opcode, int reg) {
        return memory(rex, opcode, reg, displacement());
    }

    /** An instruction with [base + displacement]. */
    private byte[] memory(int rex, int opcode, int reg, int displacement) {
        int base = block.base;
        int all = rex | (base > 7 ? 0x41 : 0);
        return join(
                all == 0 ? bytes() : bytes(all),
                opcode > 0xFF ? bytes(0x0F) : bytes(),
                bytes(opcode, 0x80 | reg << 3 | ((base & 7) == 4 ? 4 : base & 7)),
                (base & 7) == 4 ? bytes(0x24) : bytes(),
                int4(displacement));
    }

    static byte[] int4(int value) {
        return bytes(value, value >> 8, value >> 16, value >> 24);
    }

    static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int n = 0; n < values.length; n++) {
            bytes[n] = (byte) values[n];
        }
        return bytes;
    }

    static byte[] join(byte[]... parts) {
        var all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
