package dev.backplane.testkit.guest;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.cpu.VcpuState.Activity;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * A guest of several vCPUs that run at the same time. Each starts as the one of {@code guest} does, but for its instruction pointer,
 * its stack, and R15 and R14, which hold its number and how many there are. The guest ends when one of them writes to {@link
 * SmallGuest#END_PORT}.
 *
 * @param guest memory, first state and end
 * @param vcpus how many
 * @param entries where vCPU n starts; the last one is that of all further ones
 * @param waiting all but the first wait for their start-up message
 * @param device what a device does meanwhile
 */
public record SmpGuest(SmallGuest guest, int vcpus, List<Long> entries, boolean waiting, Device device) {
    /** The stack of vCPU n ends at {@code STACKS + (n + 1) * 0x1000}. */
    public static final long STACKS = 0x4_0000;

    private static final int SP = 4;
    private static final int BOOT_PROCESSOR = 1 << 8;
    private static final int APIC_ID = 0x20;

    /** No device. */
    public static final Device NONE = bus -> {};

    /** A device on a thread of its own. */
    @FunctionalInterface
    public interface Device {
        /** Runs until the guest has ended, or earlier. */
        void run(SmpBench.Bus bus) throws InterruptedException;
    }

    /** The same with a device. */
    SmpGuest with(Device other) {
        return new SmpGuest(guest, vcpus, entries, waiting, other);
    }

    VcpuState state(int index) {
        VcpuState first = guest.start();
        long[] general = first.general().clone();
        general[SP] = STACKS + (index + 1) * 0x1000L;
        general[14] = vcpus;
        general[15] = index;
        byte[] page = first.apic().registers().clone();
        ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN).putInt(APIC_ID, index << 24);
        long base = first.apic().base() & (index == 0 ? -1 : ~BOOT_PROCESSOR);
        boolean waits = waiting && index > 0;
        return new VcpuState(
                waits ? Activity.WAIT_FOR_SIPI : Activity.ACTIVE,
                general,
                entries.get(Math.min(index, entries.size() - 1)),
                first.rflags(),
                first.segments(),
                first.gdtr(),
                first.idtr(),
                first.cr0(),
                first.cr2(),
                first.cr3(),
                first.cr4(),
                first.cr8(),
                first.xcr0(),
                Arrays.copyOf(first.debug(), first.debug().length),
                first.msrs(),
                first.xsave(),
                new VcpuState.Apic(
                        base, page, first.apic().icrHigh(), first.apic().timerDeadline()),
                first.pendingEvent(),
                first.pendingAccess(),
                first.interruptShadow(),
                first.nmiMasked(),
                first.nmiPending());
    }

    @Override
    public String toString() {
        return guest + ", " + vcpus + " vCPUs";
    }
}
