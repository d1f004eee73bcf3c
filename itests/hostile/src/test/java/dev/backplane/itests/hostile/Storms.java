package dev.backplane.itests.hostile;

import dev.backplane.itests.hostile.Program.Mode;

/** Guests that do one thing as fast as they can, without end. */
final class Storms {
    private static final int LOCAL_APIC = 0xfee0_0000;
    private static final int VECTOR = 0x20;
    private static final int ENABLED = 0x1ff;

    private Storms() {}

    /** An APIC timer that wants to interrupt every nanosecond. */
    static byte[] periodicTimer() {
        return interrupts(
                "",
                program -> program.store(LOCAL_APIC + 0x3e0, 0xb)
                        .store(LOCAL_APIC + 0x320, 1 << 17 | VECTOR)
                        .store(LOCAL_APIC + 0x380, 1));
    }

    /** A deadline that is over when it is set, again and again. */
    static byte[] deadlines() {
        return interrupts(
                "deadline",
                program -> program.store(LOCAL_APIC + 0x320, 1 << 18 | VECTOR).msr(0x6e0, 0, 1));
    }

    /** An interrupt whose handler sends itself the next one. */
    static byte[] selfInterrupts() {
        return interrupts("self", program -> program.store(LOCAL_APIC + 0x300, 1 << 18 | VECTOR));
    }

    private interface Source {
        void add(Program program);
    }

    private static byte[] interrupts(String again, Source source) {
        var program = new Program(Mode.PROTECTED);
        program.jump(program.here() + 5 + 64);
        int handler = program.here();
        program.hex("60").store(LOCAL_APIC + 0xb0, 0);
        switch (again) {
            case "deadline" -> program.msr(0x6e0, 0, 1);
            case "self" -> program.store(LOCAL_APIC + 0x300, 1 << 18 | VECTOR);
            default -> {
                // It comes by itself.
            }
        }
        program.hex("61 cf");
        while (program.here() < handler + 64) {
            program.hex("90");
        }
        gates(program, handler);
        program.store(LOCAL_APIC + 0xf0, ENABLED);
        source.add(program);
        return program.hex("fb ff c0 eb fc").file();
    }

    private static void gates(Program program, int handler) {
        program.hex("fa fc").b(0xbc).d(Program.STACK).edi(Program.GATES).ecx(256);
        program.eax(0x10 << 16 | handler & 0xffff).edx(handler & 0xffff_0000 | 0x8e00);
        int fill = program.here();
        program.hex("89 07 89 57 04 83 c7 08 e2").b(fill - (program.here() + 1));
        program.store(Program.COUNTER, 2047 | Program.GATES << 16).store(Program.COUNTER + 4, Program.GATES >>> 16);
        program.absolute("0f 01", 3, Program.COUNTER);
    }

    /** Puts a function into every 16 bytes of memory, calls each, and begins anew: all of memory is code. */
    static byte[] codeEverywhere(int memory) {
        var program = new Program(Mode.PROTECTED);
        int begin = program.here();
        program.edi(0x18_0000);
        int write = program.here();
        program.hex("c7 07 40 40 40 c3 83 c7 10 81 ff").d(memory).hex("72").b(write - (program.here() + 1));
        program.edi(0x18_0000);
        int call = program.here();
        program.hex("ff d7 83 c7 10 81 ff").d(memory).hex("72").b(call - (program.here() + 1));
        return program.jump(begin).file();
    }

    /** Writes new code over the old and executes it. */
    static byte[] codeThatChanges() {
        var program = new Program(Mode.PROTECTED);
        int begin = program.here();
        program.hex("41 89 0d")
                .d(0x18_0001)
                .hex("c6 05")
                .d(0x18_0000)
                .hex("b8 c6 05")
                .d(0x18_0005)
                .hex("c3");
        program.hex("bf").d(0x18_0000).hex("ff d7");
        return program.jump(begin).file();
    }

    /** Shuts down at once, whenever it is started. */
    static byte[] tripleFaults() {
        return new Program(Mode.REAL)
                .hex("eb 06 00 00 00 00 00 00 0f 01 1e 02 7c cc")
                .file();
    }
}
