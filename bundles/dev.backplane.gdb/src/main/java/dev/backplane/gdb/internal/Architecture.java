package dev.backplane.gdb.internal;

/** What gdb is told the machine is. It fixes that when it connects. */
enum Architecture {
    /** Everything but real mode: Linux is there, or soon will be. */
    X86_64("i386:x86-64"),
    /** A guest in real mode, so that gdb disassembles 16-bit code. */
    I8086("i8086");

    final String bfdName;

    Architecture(String bfdName) {
        this.bfdName = bfdName;
    }

    /** The one that fits a vCPU's mode. */
    static Architecture of(RegisterFile registers) {
        return registers.realMode() ? I8086 : X86_64;
    }
}
