package dev.backplane.itests.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Guests that do their worst for a moment and are ended then. None may take the process down, none may need more than a moment
 * to be ended, none may cost a part its place or a neighbour its share, and nothing of them stays.
 */
class HostileGuestsIT {
    /** {@code -Psteady} makes it 50,000. */
    private static final int GUESTS = Integer.getInteger("itests.guests", 1000);

    private static final long SEED = Long.getLong("itests.seed", new Random().nextLong(1_000_000_000));
    private static final String NAME = "hostile-";
    private static final Pattern MACHINE = Pattern.compile(NAME + "(-?\\d+)");
    private static final int CHANCES = 3;
    private static final int WARM_UP = 100;
    private static final int TOGETHER = 2;
    private static final int STRETCHES = 10;
    private static final int SLICE_MILLIS = 20;
    private static final int QUIET_MILLIS = 300;
    private static final long END_SECONDS = 20;

    /** A guest may have four vCPUs, each of which is a thread like the neighbour's, and the host is not ours alone. */
    private static final double LEAST_SHARE = 0.15;

    @TempDir
    Path folder;

    private final Logged logged = new Logged();
    private final Map<String, Integer> endings = new TreeMap<>();
    private final Map<String, Long> done = new ConcurrentHashMap<>();
    private final AtomicLong longestEnd = new AtomicLong();
    private final List<String> failures = new ArrayList<>();

    @BeforeEach
    void listen() {
        logged.start();
    }

    @AfterEach
    void stopListening() {
        logged.stop();
    }

    @Test
    void noneTakesTheProcessDownOrANeighboursShareAndNothingOfThemStays() throws Exception {
        System.out.printf("hostile guests: %d, -Ditests.seed=%d%n", GUESTS, SEED);
        Footprint before;
        Footprint after;
        try (var machines = new Machines(folder);
                var neighbour = Neighbour.in(machines, "neighbour")) {
            run(machines, SEED - WARM_UP, WARM_UP);
            before = Footprint.settled(NAME);
            var amongHostile = new Share(neighbour);
            var amongFriends = new Share(neighbour);
            for (int n = 0; n < STRETCHES; n++) {
                long first = SEED + (long) GUESTS * n / STRETCHES;
                long next = SEED + (long) GUESTS * (n + 1) / STRETCHES;
                amongHostile.add(() -> run(machines, first, (int) (next - first)));
                try (var friend = Neighbour.in(machines, "friend");
                        var other = Neighbour.in(machines, "other")) {
                    amongFriends.add(() -> Thread.sleep(QUIET_MILLIS));
                    assertTrue(friend.instructions() > 0 && other.instructions() > 0);
                }
            }
            askLateOnesAgain(machines);
            after = Footprint.settled(NAME);
            report(before, after);
            double share = amongHostile.mips() / amongFriends.mips();
            System.out.printf(
                    "hostile guests: the neighbour did %.0f MIPS among them, %.0f among machines like itself%n",
                    amongHostile.mips(), amongFriends.mips());
            assertTrue(share >= LEAST_SHARE, "the neighbour did only %.2f of what it can".formatted(share));
        }
        failures.addAll(logged.warnings());
        assertEquals(List.of(), failures, "-Ditests.seed=" + SEED);
        after.assertNotMuchMoreThan(before);
    }

    /** On a busy host anybody may be late once. A guest that can hold its vCPU or its devices is so every time. */
    private void askLateOnesAgain(Machines machines) throws Exception {
        var seeds = new TreeSet<Long>();
        for (String text : logged.takeLate()) {
            var name = MACHINE.matcher(text);
            if (name.find()) {
                seeds.add(Long.parseLong(name.group(1)));
            } else {
                failures.add(text);
            }
        }
        for (long seed : seeds) {
            List<String> late = List.of("once");
            for (int n = 0; n < CHANCES && !late.isEmpty(); n++) {
                run(machines, seed, 1);
                late = logged.takeLate();
            }
            System.out.printf("hostile guests: %s was late, and then %s%n", HostileGuest.of(seed), late);
            failures.addAll(late);
        }
    }

    private void report(Footprint before, Footprint after) {
        System.out.printf(
                "hostile guests: %s; %,d instructions, %,d port and %,d memory accesses, %,d interrupts; longest end %d ms%n",
                endings,
                done.get("instructions"),
                done.get("exits.port-read") + done.get("exits.port-write"),
                done.get("exits.memory-read") + done.get("exits.memory-write"),
                done.get("interrupts"),
                longestEnd.get() / 1_000_000);
        System.out.printf("hostile guests: before %s, after %s%n", before, after);
    }

    private void run(Machines machines, long seed, int count) throws Exception {
        try (var pool = Executors.newFixedThreadPool(TOGETHER)) {
            var runs = new ArrayList<Future<String>>();
            for (int n = 0; n < count; n++) {
                runs.add(pool.submit(run(machines, seed + n)));
            }
            for (var run : runs) {
                String ending = run.get();
                endings.merge(ending.split(":")[0], 1, Integer::sum);
                if (ending.startsWith("!")) {
                    failures.add(ending);
                }
            }
        }
    }

    private Callable<String> run(Machines machines, long seed) {
        return () -> {
            var guest = HostileGuest.of(seed);
            String name = NAME + seed;
            Vm vm = machines.start(name, guest.cpus(), guest.kernel());
            var outcome = vm.outcome().toCompletableFuture();
            try {
                boolean ended = endsWithin(vm, SLICE_MILLIS);
                long start = System.nanoTime();
                vm.kill("ended by the test");
                String reason = outcome.get(END_SECONDS, TimeUnit.SECONDS).reason();
                longestEnd.accumulateAndGet(System.nanoTime() - start, Math::max);
                vm.statistics().forEach((what, figure) -> done.merge(what, figure, Long::sum));
                return outcome.join().state() == VmState.STOPPED
                        ? ended ? reason : "ended by the test"
                        : "! %s: %s".formatted(guest, reason);
            } catch (Exception e) {
                return "! %s: %s: %s".formatted(guest, e, vm.bays());
            } finally {
                vm.remove();
                Files.deleteIfExists(folder.resolve(name + ".bin"));
                Files.deleteIfExists(folder.resolve(name + ".log"));
            }
        };
    }

    private static boolean endsWithin(Vm vm, long millis) throws Exception {
        var outcome = vm.outcome().toCompletableFuture();
        outcome.copy().completeOnTimeout(null, millis, TimeUnit.MILLISECONDS).get();
        return outcome.isDone();
    }
}
