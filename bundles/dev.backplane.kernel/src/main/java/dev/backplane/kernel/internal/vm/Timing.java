package dev.backplane.kernel.internal.vm;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.kernel.internal.bay.VirtualTime;
import dev.backplane.kernel.internal.file.ClockSpec;
import dev.backplane.kernel.internal.file.VmFile;
import dev.backplane.kernel.internal.journal.Journal;
import dev.backplane.kernel.internal.journal.LiveJournal;
import dev.backplane.kernel.internal.journal.Recorder;
import dev.backplane.kernel.internal.journal.Replayer;
import dev.backplane.kernel.internal.time.HostClock;
import dev.backplane.kernel.internal.time.MachineClock;
import dev.backplane.kernel.internal.time.VirtualClock;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a machine's time is made of.
 *
 * @param clock its clock
 * @param vcpus what runs its vCPUs
 * @param virtual its doors to the outside on virtual time, else null
 */
record Timing(MachineClock clock, Vcpus vcpus, @Nullable VirtualTime virtual) {
    /** One tick a nanosecond: no scaling, and as fine as the host's clock. */
    private static final long TSC_HZ = 1_000_000_000L;

    /**
     * Makes clock and vCPU threads; the threads do not run yet.
     *
     * @throws ConfigurationException when a recording cannot be made or is of another machine
     */
    static Timing of(
            VmFile file, Wiring.Bill bill, VcpuEvents events, Origin origin, HostThreads threads, SliceClock slices)
            throws ConfigurationException {
        if (!file.clock().virtual()) {
            HostClock clock = new HostClock(file.name(), origin.tscHz().orElse(TSC_HZ), origin.nanos());
            return new Timing(clock, new VcpuGroup(file.name(), file.maxCpus(), events, threads, slices), null);
        }
        Journal journal;
        try {
            journal = journal(file, bill);
        } catch (IOException e) {
            throw new ConfigurationException(
                    "%sclock: %s".formatted(file.clockAt().prefix(), e.getMessage()));
        }
        VirtualClock clock = new VirtualClock(journal.origin());
        VirtualTime virtual = new VirtualTime(journal.seed());
        return new Timing(
                clock, new VcpuTurns(file.name(), file.cpus(), clock, virtual, journal, events, threads), virtual);
    }

    private static Journal journal(VmFile file, Wiring.Bill bill) throws IOException {
        ClockSpec clock = file.clock();
        if (clock.record().isEmpty() && clock.replay().isEmpty()) {
            return new LiveJournal();
        }
        Map<String, String> likeness = Likeness.of(file, bill);
        return clock.record().isPresent()
                ? new Recorder(clock.record().get(), likeness, clock.hashEvery())
                : new Replayer(clock.replay().orElseThrow(), likeness);
    }

    /** Gives everything up that was made, before a thread runs. */
    void close() {
        clock.close();
        if (vcpus instanceof VcpuTurns turns) {
            turns.journal().close();
        }
    }
}
