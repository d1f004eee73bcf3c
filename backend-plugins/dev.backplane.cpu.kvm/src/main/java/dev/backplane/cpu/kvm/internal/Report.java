package dev.backplane.cpu.kvm.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.kvm.KvmBlock;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;

/** What people need to find out why a guest ended: the instruction, registers, code bytes, and what to do. */
final class Report {
    private static final String[] NAMES = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
    };
    private static final int CODE_BYTES = 16;
    private static final int NOT_EMULATED = 1;
    private static final HexFormat HEX = HexFormat.ofDelimiter(" ");

    private final int index;
    private final StateBlocks blocks;
    private final MachineMemory memory;
    private final String host;

    /**
     * For one vCPU.
     *
     * @param host what the probe found out about this host
     */
    Report(int index, StateBlocks blocks, MachineMemory memory, String host) {
        this.index = index;
        this.blocks = blocks;
        this.memory = memory;
        this.host = host;
    }

    String internalError(RunArea area) {
        byte[] instruction = area.instruction();
        String what = area.suberror() == NOT_EMULATED
                ? "this host's KVM cannot emulate the instruction%s"
                        .formatted(instruction.length == 0 ? "" : " " + HEX.formatHex(instruction))
                : "KVM's internal error %d".formatted(area.suberror());
        return report(what, hint());
    }

    String entryRefused(RunArea area) {
        return report(
                "the host's processor refused to enter the guest: reason 0x%x".formatted(area.entryFailure()), hint());
    }

    String unknownExit(RunArea area) {
        return report("KVM left the guest for a reason that is not known here: " + area.reason(), hint());
    }

    String refused(HostException failure) {
        return report("KVM refused a call: " + failure.getMessage(), hint());
    }

    String failed(RuntimeException failure) {
        StringBuilder text = new StringBuilder("an exit was not handled: " + failure);
        StackTraceElement[] frames = failure.getStackTrace();
        for (int i = 0; i < Math.min(frames.length, 5); i++) {
            text.append("\n    at ").append(frames[i]);
        }
        return report(text.toString(), "");
    }

    String tripleFault() {
        return "vCPU %d: %s".formatted(index, report("triple fault", ""));
    }

    private String hint() {
        return "\n    this host's KVM is " + host
                + "\n    run it with cpu: {type: soft}, which executes every instruction";
    }

    private String report(String what, String hint) {
        return what + registers() + hint;
    }

    private String registers() {
        try {
            return registers(blocks.read(KvmBlock.REGS), blocks.read(KvmBlock.SREGS));
        } catch (HostException | RuntimeException e) {
            return "\n    (its registers cannot be read: " + e.getMessage() + ")";
        }
    }

    private String registers(MemorySegment regs, MemorySegment sregs) throws HostException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < NAMES.length; i++) {
            text.append(i % 4 == 0 ? "\n    " : "  ")
                    .append("%3s %016x".formatted(NAMES[i], word(regs, GeneralLayout.register(i))));
        }
        long rip = word(regs, GeneralLayout.RIP);
        text.append("\n    rip %016x  flags %08x  cpl %d"
                .formatted(
                        rip,
                        word(regs, GeneralLayout.RFLAGS),
                        SegmentLayout.get(sregs, SegmentLayout.SS).attributes() >>> 5 & 3));
        text.append("\n    cr0 %x  cr2 %x  cr3 %x  cr4 %x  efer %x"
                .formatted(
                        word(sregs, SystemLayout.CR0),
                        word(sregs, SystemLayout.CR2),
                        word(sregs, SystemLayout.CR3),
                        word(sregs, SystemLayout.CR4),
                        word(sregs, SystemLayout.EFER)));
        var code = SegmentLayout.get(sregs, SegmentLayout.CS);
        text.append("\n    cs %04x base %x  ss %04x  fs base %x  gs base %x  gdt %x  idt %x"
                .formatted(
                        code.selector(),
                        code.base(),
                        SegmentLayout.get(sregs, SegmentLayout.SS).selector(),
                        word(sregs, SegmentLayout.FS),
                        word(sregs, SegmentLayout.GS),
                        word(sregs, SystemLayout.GDT),
                        word(sregs, SystemLayout.IDT)));
        return text.append("\n    code").append(code(code.base() + rip)).toString();
    }

    private static long word(MemorySegment block, long at) {
        return block.get(ValueLayout.JAVA_LONG, at);
    }

    private String code(long linear) throws HostException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < CODE_BYTES; i++) {
            long gpa = blocks.vcpu().translate(linear + i);
            int value = gpa < 0 ? -1 : memory.peek(gpa);
            if (value < 0) {
                return text.append(" (not mapped)").toString();
            }
            text.append(" %02x".formatted(value));
        }
        return text.toString();
    }
}
