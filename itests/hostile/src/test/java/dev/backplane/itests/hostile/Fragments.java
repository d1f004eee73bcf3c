package dev.backplane.itests.hostile;

import java.util.Random;

/** Pieces of hostile code for protected and long mode, each a few instructions with random operands. None keeps registers. */
final class Fragments {
    private static final int LOCAL_APIC = 0xfee0_0000;
    private static final int IO_APIC = 0xfec0_0000;
    private static final int BOARD_GDT = 0x1000;
    private static final int BOARD_PAGE_TABLES = 0x4000;
    private static final int AP_CODE = 0x9000;

    /** Every port of the board and its devices, first and number: soft-off and debug-exit end the machine, so they are rare. */
    private static final int[][] PORTS = {
        {0x20, 2},
        {0xa0, 2},
        {0x4d0, 2},
        {0x40, 4},
        {0x61, 1},
        {0x70, 2},
        {0x60, 1},
        {0x64, 1},
        {0x3f8, 8},
        {0x2f8, 8},
        {0x600, 16},
        {0xcf8, 8},
        {0x80, 1},
        {0x92, 1}
    };

    private static final int[] MSRS = {
        0x10,
        0x1b,
        0x3a,
        0x3b,
        0x8b,
        0xfe,
        0x174,
        0x175,
        0x176,
        0x1a0,
        0x1d9,
        0x200,
        0x250,
        0x277,
        0x2ff,
        0x6e0,
        0x802,
        0x808,
        0x80b,
        0x80f,
        0x830,
        0x832,
        0x838,
        0x83e,
        0x83f,
        0xda0,
        0x4b564d00,
        0x4b564d01,
        0x4b564d02,
        0x4b564d03,
        0x4b564d04,
        0x11,
        0x12,
        0x40000000,
        0xc0000080,
        0xc0000081,
        0xc0000082,
        0xc0000083,
        0xc0000084,
        0xc0000100,
        0xc0000101,
        0xc0000102,
        0xc0000103
    };

    /** First bytes of what is worth trying: prefixes, the two-byte map, REX. */
    private static final int[] COMMON = {0x0f, 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x48, 0x40, 0x2e, 0x0f};

    private final Random random;

    Fragments(Random random) {
        this.random = random;
    }

    /** What a fragment does. */
    enum Kind {
        RANDOM_BYTES,
        PORTS,
        DEVICE_MEMORY,
        LOCAL_APIC,
        INTERPROCESSOR,
        IO_APIC,
        TIMERS,
        TABLES,
        REGISTERS,
        MODEL_SPECIFIC,
        SEGMENTS,
        STRINGS,
        SELF_MODIFYING,
        WAITING,
        RESET
    }

    void add(Kind kind, Program program) {
        switch (kind) {
            case RANDOM_BYTES -> randomBytes(program, 16 + random.nextInt(200));
            case PORTS -> port(program);
            case DEVICE_MEMORY -> deviceMemory(program);
            case LOCAL_APIC -> localApic(program);
            case INTERPROCESSOR -> interprocessor(program);
            case IO_APIC -> ioApic(program);
            case TIMERS -> timers(program);
            case TABLES -> tables(program);
            case REGISTERS -> controlRegisters(program);
            case MODEL_SPECIFIC -> modelSpecific(program);
            case SEGMENTS -> segments(program);
            case STRINGS -> strings(program);
            case SELF_MODIFYING -> selfModifying(program);
            case WAITING -> waiting(program);
            case RESET -> reset(program);
        }
    }

    private int one(int... of) {
        return of[random.nextInt(of.length)];
    }

    private int size() {
        return 1 << random.nextInt(3);
    }

    /** Often a number with few bits, or few zeros: those that mean something. */
    private int value() {
        return switch (random.nextInt(6)) {
            case 0 -> 0;
            case 1 -> -1;
            case 2 -> 1 << random.nextInt(32);
            case 3 -> random.nextInt(256);
            default -> random.nextInt();
        };
    }

    void randomBytes(Program program, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        for (int n = 0; n < count; n += 1 + random.nextInt(5)) {
            bytes[n] = (byte) COMMON[random.nextInt(COMMON.length)];
        }
        program.bytes(bytes);
    }

    private int port() {
        if (random.nextInt(4) == 0) {
            return random.nextInt(0x1_0000);
        }
        int[] range = PORTS[random.nextInt(PORTS.length)];
        return range[0] + random.nextInt(range[1]);
    }

    private void port(Program program) {
        if (random.nextInt(3) > 0) {
            program.out(port(), size(), value());
        } else {
            program.edx(port())
                    .hex(
                            switch (size()) {
                                case 1 -> "ec";
                                case 2 -> "66 ed";
                                default -> "ed";
                            });
        }
    }

    private int deviceAddress() {
        return switch (random.nextInt(7)) {
            case 0 -> LOCAL_APIC + random.nextInt(0x1000);
            case 1 -> LOCAL_APIC + 16 * random.nextInt(0x40);
            case 2 -> IO_APIC + random.nextInt(0x50);
            case 3 -> IO_APIC + random.nextInt(0x2000);
            case 4 -> 0xe000_0000 + random.nextInt(0x1000_0000);
            case 5 -> one(0xfeff_c000, 0xfeff_ffff, 0xa_0000, 0xf_fffe, Program.MEMORY - 2, 0xffff_fffe, 0xfee0_0ffe);
            default -> random.nextInt();
        };
    }

    private void deviceMemory(Program program) {
        program.edi(deviceAddress()).eax(value());
        program.hex(
                switch (random.nextInt(program.is64() ? 20 : 18)) {
                    case 0 -> "88 07";
                    case 1 -> "66 89 07";
                    case 2, 3, 4 -> "89 07";
                    case 5 -> "8a 07";
                    case 6 -> "66 8b 07";
                    case 7, 8 -> "8b 07";
                    case 9 -> "f0 01 07"; // lock add
                    case 10 -> "87 07"; // xchg
                    case 11 -> "b9 10 00 00 00 f3 ab"; // rep stosd
                    case 12 -> "f0 0f c7 0f"; // cmpxchg8b
                    case 13 -> "0f ae 07"; // fxsave
                    case 14 -> "0f 11 07"; // movups
                    case 15 -> "dd 37"; // fnsave
                    case 16 -> "89 fc 50"; // mov esp, edi; push eax
                    case 17 -> "ff e7"; // jmp edi
                    case 18 -> "48 89 07";
                    default -> "f0 48 0f c7 0f"; // cmpxchg16b
                });
    }

    private void localApic(Program program) {
        int register =
                16 * one(2, 3, 8, 0xb, 0xd, 0xe, 0xf, 0x28, 0x2f, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3e);
        program.store(LOCAL_APIC + register, value());
    }

    /** Any message to anybody, itself included. */
    private void interprocessor(Program program) {
        int vector = random.nextBoolean() ? AP_CODE >> 12 : random.nextInt(256);
        int command = vector | random.nextInt(8) << 8 | random.nextInt(4) << 18 | random.nextInt(2) << 14;
        program.store(LOCAL_APIC + 0x310, random.nextInt(4) << 24);
        program.store(LOCAL_APIC + 0x300, command | random.nextInt(2) << 11);
    }

    private void ioApic(Program program) {
        program.store(IO_APIC, random.nextInt(0x42));
        int low = random.nextInt(256) | random.nextInt(8) << 8 | random.nextInt(2) << 11 | random.nextInt(2) << 15;
        program.store(IO_APIC + 0x10, random.nextInt(3) > 0 ? low : value());
    }

    /** As often as they go: the APIC timer every tick, the PIT with the smallest count, the RTC 8192 times a second. */
    private void timers(Program program) {
        int vector = 0x20 + random.nextInt(0xe0);
        switch (random.nextInt(5)) {
            case 0 -> {
                program.store(LOCAL_APIC + 0xf0, 0x1ff).store(LOCAL_APIC + 0x3e0, 0xb);
                program.store(LOCAL_APIC + 0x320, random.nextInt(2) << 17 | vector);
                program.store(LOCAL_APIC + 0x380, 1 + random.nextInt(3));
            }
            case 1 -> {
                program.store(LOCAL_APIC + 0xf0, 0x1ff).store(LOCAL_APIC + 0x320, 1 << 18 | vector);
                program.msr(0x6e0, 0, 1 + random.nextInt(1 << 20));
            }
            case 2 -> {
                program.out(0x43, 1, 0x30 | random.nextInt(6) << 1)
                        .out(0x40, 1, 1 + random.nextInt(3))
                        .out(0x40, 1, 0);
                program.out(0x21, 1, 0).out(0xa1, 1, 0);
            }
            case 3 -> {
                program.out(0x70, 1, 0xa).out(0x71, 1, 0x20 | 1 + random.nextInt(15));
                program.out(0x70, 1, 0xb).out(0x71, 1, 0x72).out(0x70, 1, 0xc);
            }
            default -> program.store(IO_APIC, 0x10 + 2 * one(0, 2, 8)).store(IO_APIC + 0x10, vector);
        }
        program.hex("fb");
    }

    /** Writes over page tables, descriptors and gates, its own memory anywhere, and makes the processor look again. */
    private void tables(Program program) {
        int table = one(BOARD_GDT, BOARD_PAGE_TABLES, Program.GATES);
        int bytes = table == BOARD_PAGE_TABLES ? 0x6000 : table == BOARD_GDT ? 0x28 : 0x1000;
        int address = random.nextInt(8) == 0 ? random.nextInt(Program.MEMORY) : table + random.nextInt(bytes) & ~3;
        program.store(address, random.nextBoolean() ? value() : address & ~0xfff | random.nextInt(0x200));
        program.hex(one(0, 1, 2) == 0 ? "0f 20 d8 0f 22 d8" : "0f 01 3f");
    }

    private void controlRegisters(Program program) {
        program.eax(value());
        switch (random.nextInt(6)) {
            case 0 -> program.hex("0f 20 c0").b(0x0d).d(1 << random.nextInt(32)).hex("0f 22 c0");
            case 1 -> program.hex("0f 20 e0").b(0x35).d(1 << random.nextInt(24)).hex("0f 22 e0");
            case 2 -> program.eax(random.nextInt(Program.MEMORY)).hex("0f 22 d8");
            case 3 -> program.hex("0f 23").b(0xf8);
            case 4 -> program.hex("0f 23").b(0xc0 | random.nextInt(4) << 3);
            default -> program.hex("0f 22").b(0xc0 | random.nextInt(8) << 3);
        }
    }

    private void modelSpecific(Program program) {
        int number = random.nextInt(8) == 0 ? random.nextInt() : one(MSRS);
        if (random.nextInt(4) == 0) {
            program.ecx(number).hex("0f 32");
        } else {
            int low = random.nextInt(3) == 0 ? random.nextInt(Program.MEMORY) | 1 : value();
            program.msr(number, random.nextBoolean() ? 0 : value(), low);
        }
    }

    private void segments(Program program) {
        program.eax(random.nextInt(4) == 0 ? value() : random.nextInt(0x30));
        switch (random.nextInt(9)) {
            case 0 -> program.hex("8e").b(0xc0 | one(0, 2, 3, 4, 5) << 3);
            case 1 -> program.hex("0f 00 d0");
            case 2 -> program.hex("0f 00 d8");
            case 3 -> program.b(0xcd).b(random.nextInt(256));
            case 4 -> program.edi(random.nextInt(Program.MEMORY)).hex("ff 2f");
            case 5 -> program.hex("50 50 50 cf");
            case 6 -> program.hex("9c 58").b(0x35).d(1 << random.nextInt(22)).hex("50 9d");
            case 7 -> program.absolute("0f 01", one(2, 3), random.nextInt(Program.MEMORY));
            default -> program.hex(one(0, 1) == 0 ? "0f 05" : "0f 34");
        }
    }

    /** Without an end, from anywhere to anywhere. */
    private void strings(Program program) {
        int source = random.nextBoolean() ? random.nextInt(Program.MEMORY) : deviceAddress();
        int target = random.nextBoolean() ? random.nextInt(Program.MEMORY) : deviceAddress();
        program.ecx(one(-1, 0x7fff_ffff, 0x1000, 3)).esi(source).edi(target).edx(port());
        program.hex(random.nextBoolean() ? "fc" : "fd").hex(random.nextBoolean() ? "f3" : "f2");
        if (program.is64() && random.nextInt(4) == 0) {
            program.b(0x48);
        }
        program.b(one(0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf, 0x6c, 0x6d, 0x6e, 0x6f));
    }

    /** Fills memory with code that is called once each. */
    private void selfModifying(Program program) {
        int from = 0x18_0000 + random.nextInt(0x1000);
        int step = one(4, 5, 64, 4096);
        program.edi(from);
        int again = program.here();
        program.hex("c7 07").d(one(0xc390_9090, 0xc3c0_fec1, 0xc300_b090)).hex("ff d7");
        program.hex("81 c7")
                .d(step)
                .hex("81 ff")
                .d(from + step * one(1, 100, 400))
                .hex("72");
        program.b(again - (program.here() + 1));
    }

    private void waiting(Program program) {
        program.hex(
                switch (random.nextInt(8)) {
                    case 0 -> "fb f4"; // sti; hlt
                    case 1 -> "f3 90";
                    case 2 -> "0f a2"; // cpuid
                    case 3 -> "0f 31"; // rdtsc
                    case 4 -> "0f c7 f0"; // rdrand
                    case 5 -> "0f 09"; // wbinvd
                    case 6 -> "fb";
                    default -> "fa";
                });
    }

    private void reset(Program program) {
        switch (random.nextInt(5)) {
            case 0 -> program.out(0x92, 1, 1);
            case 1 -> program.out(0xcf9, 1, 6);
            case 2 -> program.out(0x64, 1, 0xfe);
            case 3 ->
                program.store(Program.COUNTER + 16, 0)
                        .absolute("0f 01", 3, Program.COUNTER + 16)
                        .hex("cc");
            default ->
                program.out(
                        random.nextInt(8) == 0 ? 0xf4 : 0x604, 2, random.nextInt(8) == 0 ? 0x3400 : value() & ~0x2000);
        }
    }
}
