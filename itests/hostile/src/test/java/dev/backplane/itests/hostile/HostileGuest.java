package dev.backplane.itests.hostile;

import dev.backplane.itests.hostile.Fragments.Kind;
import dev.backplane.itests.hostile.Program.Mode;
import java.util.List;
import java.util.Random;

/**
 * One guest: everything about it follows from its seed.
 *
 * @param seed for people who want to see it again
 * @param theme what it is mostly about
 * @param cpus how many vCPUs it has
 * @param kernel the file that it is booted from
 */
record HostileGuest(long seed, String theme, int cpus, byte[] kernel) {
    private static final int FRAGMENTS = 400;
    private static final int AP_CODE = 0x9000;
    private static final int AP_BYTES = 0x800;
    private static final int LOCAL_APIC = 0xfee0_0000;

    /** A guest that is nothing but one instruction or two, for ever. */
    private record Simple(String theme, String code) {}

    private static final List<Simple> SIMPLE = List.of(
            new Simple("loop in real mode", "eb fe"),
            new Simple("halt without interrupts", "fa f4 eb fd"),
            new Simple("halt with interrupts", "fb f4 eb fd"),
            new Simple("triple fault again and again", "eb 06 00 00 00 00 00 00 0f 01 1e 02 7c cc"),
            new Simple("reset again and again", "b0 01 e6 92 eb fe"),
            new Simple("pause", "f3 90 eb fc"),
            new Simple("zeros to all ports", "31 d2 31 c0 ef 42 eb fc"),
            new Simple("ones to all ports", "31 d2 b8 ff ff ef 42 eb fc"),
            new Simple("stack over everything", "31 c0 8e d0 60 eb fd"),
            new Simple("exception in its own handler", "31 c0 8e d8 c7 06 18 00 0d 7c c7 06 1a 00 00 00 0f 0b eb fc"),
            new Simple("characters without end", "ba f8 03 b0 2e ee eb fd"));

    static HostileGuest of(long seed) {
        var random = new Random(seed);
        // Neighbouring seeds begin alike.
        random.nextInt();
        int choice = random.nextInt(20);
        if (choice == 0) {
            Simple simple = SIMPLE.get(random.nextInt(SIMPLE.size()));
            return new HostileGuest(
                    seed,
                    simple.theme,
                    1,
                    new Program(Mode.REAL).hex(simple.code).file());
        }
        if (choice < 4) {
            return new HostileGuest(seed, "random bytes in real mode", 1, real(random));
        }
        Mode mode = random.nextBoolean() ? Mode.PROTECTED : Mode.LONG;
        int cpus = random.nextInt(4) == 0 ? 2 + random.nextInt(3) : 1;
        Kind theme = Kind.values()[random.nextInt(Kind.values().length)];
        return new HostileGuest(
                seed,
                "%s in %s mode".formatted(theme, mode).toLowerCase(java.util.Locale.ROOT),
                cpus,
                kernel(random, mode, cpus, theme));
    }

    /** All vectors lead to a handler that goes on somewhere else in the sector. */
    private static byte[] real(Random random) {
        var program = new Program(Mode.REAL);
        program.hex(
                "fa 31 c0 8e d8 8e c0 8e d0 bc 00 7c fc 31 ff b9 00 01"); // cli; zero segments; sp; di = 0; cx = 256
        int fill = program.here();
        program.hex("b8 20 7c ab 31 c0 ab e2")
                .b(fill - (program.here() + 1)); // mov ax, 0x7c20; stosw; xor ax, ax; stosw
        while (program.here() < 0x7c20) {
            program.hex("90");
        }
        program.hex("31 c0 8e d8 8e c0 8e d0 bc 00 7c fc ff 06 00 06 a1 00 06"); // zero segments; inc [0x600]; mov ax,
        // [0x600]
        program.hex("25 7f 01 05 50 7c fb ff e0"); // and ax, 0x17f; add ax, 0x7c50; sti; jmp ax
        while (program.here() < 0x7c50) {
            program.hex("90");
        }
        new Fragments(random).randomBytes(program, 430);
        return program.file();
    }

    private static byte[] kernel(Random random, Mode mode, int cpus, Kind theme) {
        var program = new Program(mode);
        var fragments = new Fragments(random);
        // The handler and the code for other processors come first, at places that are known.
        program.b(0xe9).d(0);
        int afterJump = program.here();
        int handler = program.here();
        handler(program);
        int others = program.here();
        fragments.randomBytes(program, AP_BYTES);
        int start = program.here();
        prepare(program, handler, others, cpus);
        int payload = program.here();
        for (int n = 0; n < FRAGMENTS; n++) {
            fragments.add(random.nextInt(4) > 0 ? theme : other(random), program);
        }
        program.jump(payload);
        byte[] file = program.file();
        int headers = file.length - program.size();
        patch(file, headers + 1, start - afterJump);
        patch(file, indexOf(file, HANDLER_TARGET), payload);
        return file;
    }

    /** Most that ends a guest, or takes its ground away, is left to those whose theme it is: the others are to get far. */
    private static Kind other(Random random) {
        Kind[] kinds = Kind.values();
        Kind kind = kinds[random.nextInt(kinds.length)];
        return switch (kind) {
            case TABLES, REGISTERS, RESET, SEGMENTS, RANDOM_BYTES -> random.nextInt(20) == 0 ? kind : Kind.PORTS;
            default -> kind;
        };
    }

    /** Where the handler goes on is not known yet when it is written. */
    private static final int HANDLER_TARGET = 0x5ca1ab1e;

    /** Sets up segments and stack, ends what interrupt there may be, and goes on somewhere else in the payload. */
    private static void handler(Program program) {
        program.eax(0x18).hex("8e d8 8e c0 8e d0").b(0xbc).d(Program.STACK).hex("fc");
        program.store(LOCAL_APIC + 0xb0, 0);
        program.hex("b0 20 e6 20 e6 a0"); // 8259s: end of interrupt
        program.edi(Program.COUNTER).hex("ff 07 8b 07 69 c0").d(0x9e37_79b1); // inc [edi]; mov eax, [edi]; imul
        program.hex("c1 e8 14")
                .b(0x05)
                .d(HANDLER_TARGET)
                .hex("fb ff e0"); // shr eax, 20; add eax, payload; sti; jmp eax
    }

    private static void prepare(Program program, int handler, int others, int cpus) {
        boolean wide = program.is64();
        program.hex("fa fc").b(0xbc).d(Program.STACK);
        program.edi(Program.GATES).ecx(256);
        program.eax(0x10 << 16 | handler & 0xffff).edx(handler & 0xffff_0000 | 0x8e00);
        int fill = program.here();
        program.hex("89 07 89 57 04");
        if (wide) {
            program.hex("c7 47 08 00 00 00 00 c7 47 0c 00 00 00 00");
        }
        program.hex("83 c7").b(wide ? 16 : 8).hex("e2").b(fill - (program.here() + 1));
        int pointer = Program.COUNTER + 32;
        program.store(pointer, 256 * (wide ? 16 : 8) - 1 | Program.GATES << 16)
                .store(pointer + 4, Program.GATES >>> 16);
        if (wide) {
            program.store(pointer + 8, 0);
        }
        program.absolute("0f 01", 3, pointer);
        // SSE, so that its instructions are more than #UD: CR4.OSFXSR and OSXSAVE.
        program.hex("0f 20 e0").b(0x0d).d(0x4_0600).hex("0f 22 e0");
        if (cpus > 1) {
            program.esi(others).edi(AP_CODE).ecx(AP_BYTES).hex("f3 a4");
            program.store(LOCAL_APIC + 0xf0, 0x1ff);
            program.store(LOCAL_APIC + 0x300, 0xc_4500).store(LOCAL_APIC + 0x300, 0xc_4600 | AP_CODE >> 12);
        }
        program.hex("fb");
    }

    private static void patch(byte[] file, int at, int value) {
        for (int n = 0; n < 4; n++) {
            file[at + n] = (byte) (value >>> 8 * n);
        }
    }

    private static int indexOf(byte[] file, int value) {
        for (int at = 0; at < file.length - 4; at++) {
            if ((file[at] & 0xff) == (value & 0xff)
                    && (file[at + 1] & 0xff) == (value >>> 8 & 0xff)
                    && (file[at + 2] & 0xff) == (value >>> 16 & 0xff)
                    && (file[at + 3] & 0xff) == value >>> 24) {
                return at;
            }
        }
        throw new IllegalStateException("no such value");
    }

    @Override
    public String toString() {
        return "seed %d: %s, %d vCPUs".formatted(seed, theme, cpus);
    }
}
