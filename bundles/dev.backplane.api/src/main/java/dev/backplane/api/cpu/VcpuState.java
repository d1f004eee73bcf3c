package dev.backplane.api.cpu;

import java.util.List;
import java.util.Optional;

/**
 * The architectural state of one vCPU, the same for every backend (Intel SDM 3A, 3.2 and 12.4). Read and written only
 * while the vCPU does not run.
 *
 * @param activity whether it executes
 * @param general rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15: in the order of their encodings
 * @param rip the next instruction
 * @param rflags the flags
 * @param segments es, cs, ss, ds, fs, gs, ldtr, tr: in this order
 * @param gdtr the global descriptor table
 * @param idtr the interrupt descriptor table
 * @param cr0 control register 0
 * @param cr2 control register 2
 * @param cr3 control register 3
 * @param cr4 control register 4
 * @param cr8 the task priority
 * @param xcr0 the enabled state components
 * @param debug dr0 to dr3, dr6, dr7
 * @param msrs model-specific registers by number, the time stamp counter and TSC_DEADLINE among them
 * @param xsave x87, SSE and AVX state: the standard form of XSAVE (Intel SDM 1, 13.4)
 * @param apic the local interrupt controller
 * @param pendingEvent an event whose delivery had begun, if any
 * @param pendingAccess an access that left the CPU but has not happened, if any
 * @param interruptShadow whether the next instruction is shielded by STI or a load of SS
 * @param nmiMasked whether an NMI is being handled
 * @param nmiPending whether an NMI waits
 */
public record VcpuState(
        Activity activity,
        long[] general,
        long rip,
        long rflags,
        List<Segment> segments,
        Table gdtr,
        Table idtr,
        long cr0,
        long cr2,
        long cr3,
        long cr4,
        long cr8,
        long xcr0,
        long[] debug,
        List<Msr> msrs,
        byte[] xsave,
        Apic apic,
        Optional<Event> pendingEvent,
        Optional<Access> pendingAccess,
        boolean interruptShadow,
        boolean nmiMasked,
        boolean nmiPending) {
    /** Whether a vCPU executes. */
    public enum Activity {
        /** It executes. */
        ACTIVE,
        /** It waits for an interrupt after HLT. */
        HALTED,
        /** It waits for the start-up message after INIT. */
        WAIT_FOR_SIPI,
        /** It has shut down on a triple fault. */
        SHUTDOWN
    }

    /**
     * A segment register with its hidden part.
     *
     * @param selector the visible part
     * @param base the linear base
     * @param limit in bytes, after scaling
     * @param attributes bits 0-3 type, 4 S, 5-6 DPL, 7 present, 12 AVL, 13 L, 14 D/B, 15 G, 16 unusable (Intel SDM 3C,
     *     25.4.1)
     */
    public record Segment(int selector, long base, long limit, int attributes) {}

    /**
     * A descriptor table register.
     *
     * @param base its linear base
     * @param limit its limit in bytes
     */
    public record Table(long base, int limit) {}

    /**
     * A model-specific register.
     *
     * @param number its number
     * @param value its value
     */
    public record Msr(int number, long value) {}

    /**
     * The local APIC.
     *
     * @param base IA32_APIC_BASE
     * @param registers its 4 KiB page as xAPIC lays it out (Intel SDM 3A, table 12-1), in x2APIC mode the identifier and
     *     the destination in their wide form
     * @param icrHigh the upper half of ICR in x2APIC mode
     * @param timerDeadline when its timer expires, in nanoseconds of the guest's clock; 0: not armed
     */
    public record Apic(long base, byte[] registers, int icrHigh, long timerDeadline) {}

    /**
     * An event whose delivery had begun.
     *
     * @param vector 0 to 255
     * @param kind 0 external interrupt, 2 NMI, 3 exception, 4 software interrupt, 6 software exception (Intel SDM 3C,
     *     25.8.3)
     * @param errorCode the error code, if it pushes one
     * @param instructionLength for software events
     */
    public record Event(int vector, int kind, Optional<Integer> errorCode, int instructionLength) {}

    /**
     * An access that left the CPU but has not happened.
     *
     * @param port whether it goes to a port, else to memory
     * @param write whether it writes
     * @param address the port or the guest-physical address
     * @param size of one element in bytes
     * @param count elements
     * @param data what is written
     */
    public record Access(boolean port, boolean write, long address, int size, int count, byte[] data) {}
}
