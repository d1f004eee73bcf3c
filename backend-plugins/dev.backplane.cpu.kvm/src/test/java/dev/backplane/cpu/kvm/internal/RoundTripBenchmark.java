package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.cpu.Doorbell;
import dev.backplane.api.cpu.DoorbellPartition;
import dev.backplane.api.cpu.MessageWire;
import dev.backplane.api.cpu.WiredPartition;
import dev.backplane.testkit.cpu.CpuBench;
import dev.backplane.testkit.cpu.SignalContract;
import dev.backplane.testkit.cpu.StartStates;
import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What a notification and its interrupt cost by exits and messages, and by event counters, in turn: how often a second a guest rings a
 * doorbell and gets the interrupt for which it waits, and how often it can ring without waiting. The device answers on the thread that
 * hears the bell, or on a worker, as virtio devices do. No test.
 */
public final class RoundTripBenchmark {
    private static final int TRIPS = 10_000;
    private static final int RINGS = 50_000;
    private static final long ADDRESS = 0xfee0_0000L;
    private static final int VECTOR = 0x40;

    private RoundTripBenchmark() {}

    /** How a device hears of the guest, and how the guest hears of it. */
    private enum Way {
        EXIT_AND_MESSAGE(false, false),
        EXIT_AND_WIRE(false, true),
        BELL_AND_MESSAGE(true, false),
        BELL_AND_WIRE(true, true);

        private final boolean bell;
        private final boolean wire;

        Way(boolean bell, boolean wire) {
            this.bell = bell;
            this.wire = wire;
        }
    }

    /** One kind of measurement, a second. */
    @FunctionalInterface
    private interface Measurement {
        double of(Way way) throws Exception;
    }

    /** Arguments: how many rounds; 9 without one. The medians are told. */
    public static void main(String[] arguments) throws Exception {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 9;
        System.out.println("KVM class " + KvmHost.usable().finding());
        ExecutorService worker = Executors.newSingleThreadExecutor();
        try {
            report("round trips, same thread", rounds, way -> trips(way, null));
            report("round trips, worker", rounds, way -> trips(way, worker));
            report("rings, worker", rounds, way -> rings(way, worker));
        } finally {
            worker.shutdown();
        }
    }

    private static void report(String what, int rounds, Measurement measurement) throws Exception {
        double[][] rates = new double[Way.values().length][rounds];
        for (int round = 0; round < rounds; round++) {
            for (Way way : Way.values()) {
                rates[way.ordinal()][round] = measurement.of(way);
            }
        }
        for (Way way : Way.values()) {
            double rate = median(rates[way.ordinal()]);
            System.out.printf(
                    "%-26s %-18s %,10.0f a second, %.2f of the first%n",
                    what, way.name().toLowerCase(Locale.ROOT).replace('_', ' '), rate, rate / median(rates[0]));
        }
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static double trips(Way way, @Nullable ExecutorService worker) throws Exception {
        try (CpuBench machine = machine()) {
            SignalContract.roundTrips(machine, TRIPS);
            Runnable answer = answer(way, machine);
            return run(machine, way, worker == null ? answer : () -> worker.execute(answer), TRIPS);
        }
    }

    /** A worker that is told once of what comes while it is busy. */
    private static double rings(Way way, ExecutorService worker) throws Exception {
        try (CpuBench machine = machine()) {
            // again: mov [BELL], eax; dec ecx; jnz again
            machine.put(StartStates.CODE, "a30020c0fe 49 75f8 b000 e6f4");
            var start = StartStates.protectedMode(0, StartStates.CODE);
            start.general()[1] = RINGS;
            machine.partition().load(0, start);
            AtomicBoolean scheduled = new AtomicBoolean();
            Runnable process = () -> scheduled.set(false);
            Runnable told = () -> {
                if (scheduled.compareAndSet(false, true)) {
                    worker.execute(process);
                }
            };
            return run(machine, way, told, RINGS);
        }
    }

    private static CpuBench machine() throws Exception {
        CpuBench machine = new CpuBench(KvmHost.usable(), new KvmOptions(), 1);
        machine.silence();
        return machine;
    }

    private static double run(CpuBench machine, Way way, Runnable told, int times) throws Exception {
        if (way.bell) {
            ((DoorbellPartition) machine.partition())
                    .connect(new Doorbell(SignalContract.BELL, 0, OptionalLong.empty()), told)
                    .orElseThrow();
        } else {
            machine.onWrite(SignalContract.BELL, told);
        }
        long began = System.nanoTime();
        machine.runToEnd();
        if (machine.failure() != null) {
            throw new IllegalStateException(machine.failure());
        }
        return times * 1e9 / (System.nanoTime() - began);
    }

    private static Runnable answer(Way way, CpuBench machine) {
        if (!way.wire) {
            return () -> machine.partition().message(ADDRESS, VECTOR);
        }
        MessageWire wire = ((WiredPartition) machine.partition()).wire().orElseThrow();
        wire.route(ADDRESS, VECTOR);
        return wire::signal;
    }
}
