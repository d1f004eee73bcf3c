package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.fake.Crowd;
import dev.backplane.kernel.internal.fake.Platter;
import dev.backplane.kernel.internal.fake.TestHost;
import dev.backplane.kernel.internal.plan.Replacement;
import dev.backplane.kernel.internal.plan.SwapReport;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Eight requests are under way all the time, while the device and the layers of its disk are tried and replaced in random order. */
@Timeout(120)
class SwapStormTest {
    private static final int SWAPS = Integer.getInteger("backplane.swaps", 250);
    private static final Duration BAY = Duration.ofSeconds(60);
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int LONGEST_NANOS = 300_000;

    private final TestHost host = new TestHost();
    private final Platter platter = new Platter();
    private final Crowd crowd = new Crowd();
    private final AtomicBoolean enough = new AtomicBoolean();
    private final List<List<Offer>> kinds = List.of(
            both(Kind.DEVICE, "crowd", crowd),
            both(Kind.STORAGE, "plain", platter.new Plain()),
            both(Kind.PROTOCOL, "platter", platter.new Memory()));

    private List<Offer> both(Kind kind, String type, Object factory) {
        Offer first = host.offer(kind, type, "1.0.0", factory);
        return new ArrayList<>(List.of(first, host.offer(kind, type, "0.9.0", factory)));
    }

    @AfterEach
    void close() {
        host.close();
    }

    private void awaitProgress() throws InterruptedException {
        long[] before =
                IntStream.range(0, Crowd.MEMBERS).mapToLong(crowd.counted::get).toArray();
        long end = System.nanoTime() + SOON.toNanos();
        for (int member = 0; member < Crowd.MEMBERS; member++) {
            while (crowd.counted.get(member) == before[member]) {
                assertTrue(System.nanoTime() < end, "a request of member " + member + " is not answered");
                Thread.sleep(1);
            }
        }
    }

    @Test
    void everyRequestIsAnsweredOnce() throws Exception {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        host.offerIdleCpu(enough);
        platter.hook =
                memory -> LockSupport.parkNanos(ThreadLocalRandom.current().nextInt(LONGEST_NANOS));
        var vm = host.start("""
                name: web
                memory: 64KiB
                boot: {kernel: none}
                devices:
                  - {type: crowd, id: disk0, disk: {type: plain, on: {type: platter}}}
                """);
        for (int i = 1; i <= SWAPS; i++) {
            List<Offer> kind = kinds.get(random.nextInt(kinds.size()));
            Replacement replacement = Replacement.of(kind.get(0), kind.get(1));
            boolean moves = random.nextInt(4) > 0;
            SwapReport report = moves
                    ? host.kernel.swaps().move("web", replacement, BAY)
                    : host.kernel.swaps().rehearse("web", replacement, BAY);
            assertTrue(report.succeeded(), report.toString());
            if (moves) {
                Collections.swap(kind, 0, 1);
            }
            // Before the next one, which would wake whom this one has forgotten.
            awaitProgress();
        }
        enough.set(true);
        assertEquals(VmState.STOPPED, TestHost.outcome(vm).state());
        assertEquals(List.of(), crowd.complaints);
        for (int member = 0; member < Crowd.MEMBERS; member++) {
            assertEquals(
                    crowd.counted.get(member), platter.bytes.get(ValueLayout.JAVA_LONG, Long.BYTES * (long) member));
        }
    }
}
