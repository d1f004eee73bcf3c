package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.cpu.VcpuState.Access;
import dev.backplane.api.state.StateException;
import dev.backplane.api.time.GuestClock;
import dev.backplane.natives.HostException;
import dev.backplane.natives.kvm.KvmBlock;
import dev.backplane.x86.system.MemoryTypes;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One vCPU's state between the host and the record that all backends share. While the vCPU does not run. */
final class CpuState {
    private final int index;
    private final StateBlocks blocks;
    private final TimeStampCounter tsc;
    private final GuestClock clock;
    private final MsrList msrs;
    private final StateReader reader;
    private final StateWriter writer;
    /** What it is set back to when time goes on; null while time goes. */
    private @Nullable FrozenTime frozen;

    CpuState(int index, StateBlocks blocks, TimeStampCounter tsc, GuestClock clock) throws HostException {
        this.index = index;
        this.blocks = blocks;
        this.tsc = tsc;
        this.clock = clock;
        msrs = new MsrList(blocks.vcpu());
        reader = new StateReader(blocks, msrs);
        writer = new StateWriter(blocks, msrs, index);
        frozen = new FrozenTime(clock.tsc(), 0, 0, 0, 0);
        powerOn();
    }

    /** The host's idea of a processor after power-on is ours, but for what firmware does. */
    private void powerOn() throws HostException {
        try {
            msrs.write(blocks.vcpu(), MemoryTypes.afterPowerOn());
        } catch (StateException e) {
            throw new HostException("KVM_SET_MSRS, vCPU " + index, "EINVAL", String.valueOf(e.getMessage()));
        }
    }

    void freeze() throws HostException {
        ApicPage apic = new ApicPage(blocks.read(KvmBlock.LAPIC));
        // One that has run out may not have been delivered: once too often is better than never.
        long due = apic.counts() ? Math.max(1, clock.nanos() + apic.remainingNanos()) : 0;
        frozen = tsc.freeze(blocks.vcpu(), due, apic.initialCount());
    }

    void thaw(GuestClock ofGuest, long commonOffset) throws HostException {
        FrozenTime from = frozen;
        if (from == null) {
            return;
        }
        tsc.start(blocks.vcpu(), from, commonOffset);
        if (from.timerDueNanos() != 0) {
            new ApicPage(blocks.read(KvmBlock.LAPIC))
                    .count(from.initialCount(), from.timerDueNanos() - ofGuest.nanos());
            blocks.write(KvmBlock.LAPIC);
        }
        tsc.startDeadline(blocks.vcpu(), from);
        frozen = null;
    }

    VcpuState read(boolean shutDown, Optional<Access> pending) throws HostException {
        FrozenTime time = frozen;
        if (time == null) {
            freeze();
            VcpuState state = reader.read(shutDown, Objects.requireNonNull(frozen), pending);
            frozen = null;
            return state;
        }
        return reader.read(shutDown, time, pending);
    }

    void write(VcpuState state) throws HostException, StateException {
        boolean going = frozen == null;
        writer.write(state);
        boolean timed = state.msrs().stream().anyMatch(msr -> msr.number() == Msr.TSC);
        long adjust = StateWriter.msr(state, Msr.TSC_ADJUST);
        frozen = new FrozenTime(
                timed ? StateWriter.msr(state, Msr.TSC) : clock.tsc() + adjust,
                adjust,
                StateWriter.msr(state, Msr.TSC_DEADLINE),
                state.apic().timerDeadline(),
                ApicPage.initialCount(state.apic()));
        if (going) {
            thaw(clock, tsc.commonOffset(blocks.vcpu()));
        }
    }

    /** The level-triggered vectors that are requested or in service. */
    long[] levelVectors() throws HostException {
        return new ApicPage(blocks.read(KvmBlock.LAPIC)).levelVectors();
    }
}
