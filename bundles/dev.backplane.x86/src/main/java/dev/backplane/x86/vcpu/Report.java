package dev.backplane.x86.vcpu;

import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Seg;

/** What people need to find out why a guest ended: registers, the last fault, code bytes. */
final class Report {
    private static final String[] NAMES = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
    };
    private static final int CODE_BYTES = 16;

    private Report() {}

    static String of(int index, Cpu cpu, RuntimeException failure) {
        StringBuilder text = new StringBuilder("vCPU %d: the interpreter failed: %s".formatted(index, failure));
        StackTraceElement[] frames = failure.getStackTrace();
        for (int i = 0; i < Math.min(frames.length, 5); i++) {
            text.append("\n    at ").append(frames[i]);
        }
        return text.append(registers(cpu)).toString();
    }

    static String tripleFault(int index, Cpu cpu) {
        return "vCPU %d: triple fault: vector %d, error code %x, cr2 %x%s"
                .formatted(index, cpu.faultVector, cpu.faultError, cpu.cr2, registers(cpu));
    }

    private static String registers(Cpu cpu) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < NAMES.length; i++) {
            text.append(i % 4 == 0 ? "\n    " : "  ").append("%3s %016x".formatted(NAMES[i], cpu.r[i]));
        }
        text.append("\n    rip %016x  flags %08x  cpl %d  mode %x".formatted(cpu.rip, cpu.flags(), cpu.cpl, cpu.mode));
        text.append("\n    cr0 %x  cr2 %x  cr3 %x  cr4 %x  efer %x"
                .formatted(cpu.cr0, cpu.cr2, cpu.cr3, cpu.cr4, cpu.efer));
        text.append("\n    cs %04x base %x  ss %04x  fs base %x  gs base %x  gdt %x  idt %x"
                .formatted(
                        cpu.selector[Seg.CS],
                        cpu.segmentBase[Seg.CS],
                        cpu.selector[Seg.SS],
                        cpu.segmentBase[Seg.FS],
                        cpu.segmentBase[Seg.GS],
                        cpu.gdtBase,
                        cpu.idtBase));
        return text.append("\n    code").append(code(cpu)).toString();
    }

    private static String code(Cpu cpu) {
        StringBuilder text = new StringBuilder();
        try {
            for (int i = 0; i < CODE_BYTES; i++) {
                long linear = cpu.linear(Seg.CS, cpu.rip + i);
                text.append(" %02x".formatted(cpu.sysLoad8(linear)));
            }
        } catch (RuntimeException e) {
            text.append(" (not mapped)");
        }
        return text.toString();
    }
}
