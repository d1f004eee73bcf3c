package dev.backplane.virtio.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.virtio.VirtioState;
import dev.backplane.api.device.virtio.VirtioState.Piece;
import dev.backplane.api.device.virtio.VirtioState.Unfinished;
import dev.backplane.api.state.StateException;
import dev.backplane.testkit.virtio.DriverRing;
import dev.backplane.testkit.virtio.VirtioDriver;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Devices are replaced under a driver that does not notice. */
class SwapTest extends Conformance {
    @ParameterizedTest
    @ValueSource(longs = {EVENTS, PACKED | EVENTS, PACKED})
    void aDeviceThatIsSwappedUnderLoadAnswersEveryRequestOnce(long features) {
        driver.start(features);
        DriverRing ring = driver.ring(0);
        int answered = 0;
        for (int i = 0; i < 400; i++) {
            echo.holding = i % 5 == 0;
            ring.add(bytes(i), 1);
            driver.notify(0);
            if (i % 7 == 0) {
                bench.swap();
            }
            echo.holding = false;
            while (ring.waiting() > 0) {
                ring.await();
                answered++;
            }
            if (i % 20 == 19) {
                // What it has kept comes back when it comes to rest; there is no more than the ring holds.
                bench.swap();
                while (answered <= i) {
                    ring.await();
                    answered++;
                }
            }
        }
        assertEquals(0, ring.waiting());
    }

    /** While some chains are put back others are completed, so that a packed ring's descriptors are overwritten meanwhile. */
    @ParameterizedTest
    @ValueSource(longs = {EVENTS, 0, PACKED | EVENTS, PACKED})
    void whatIsPutBackIsTakenAgainByTheSuccessor(long features) {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        driver.start(features);
        DriverRing ring = driver.ring(0);
        List<Integer> expected = new ArrayList<>();
        List<Integer> seen = new ArrayList<>();
        echo.puttingBack = true;
        for (int i = 0; i < 300; i++) {
            echo.holding = random.nextBoolean();
            int value = random.nextInt(250);
            expected.add(value + 1);
            ring.add(bytes(value), 1);
            driver.notify(0);
            switch (random.nextInt(4)) {
                case 0 -> bench.swap();
                case 1 -> bench.swapAndRollBack();
                default -> {
                    // It goes on.
                }
            }
            // The kit's ring takes descriptors again when it comes round: nothing may be under way for that long.
            if (i % 16 == 15 || expected.size() - seen.size() > 8) {
                echo.holding = false;
                bench.swap();
                while (seen.size() < expected.size()) {
                    seen.add(ring.await()[0] & 0xff);
                }
            }
            while (ring.waiting() > 0) {
                seen.add(ring.await()[0] & 0xff);
            }
        }
        echo.holding = false;
        bench.swap();
        while (seen.size() < expected.size()) {
            seen.add(ring.await()[0] & 0xff);
        }
        Collections.sort(expected);
        Collections.sort(seen);
        assertEquals(expected, seen, "seed " + seed);
        assertEquals(
                Optional.empty(), bench.state().virtio().queues().getFirst().unfinished());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, PACKED})
    void whatIsPutBackIsTakenAgainInOrderAndBeforeOthers(long features) {
        driver.start(features);
        DriverRing ring = driver.ring(0);
        echo.holding = true;
        echo.puttingBack = true;
        for (int i = 0; i < 5; i++) {
            ring.add(bytes(i), 1);
        }
        driver.notify(0);
        VirtioDriver.await("all are taken", () -> echo.taken.get() == 5);
        VirtioState state = bench.swap().virtio();
        assertEquals(5, state.queues().getFirst().unfinished().orElseThrow().size());
        VirtioDriver.await(
                "all are taken again, and there is no other",
                () -> echo.taken.get() == 10 && echo.concurrent.get() == 0);
        ring.add(bytes(5), 1);
        echo.holding = false;
        bench.swap();
        for (int i = 0; i < 6; i++) {
            assertArrayEquals(bytes(i + 1), ring.await());
        }
    }

    /** A state may come from anywhere: what it says of chains is checked as if the driver said it. */
    @ParameterizedTest
    @ValueSource(longs = {0, PACKED})
    void unfinishedChainsThatCannotBeBreakTheirQueue(long features) throws StateException {
        Piece piece = new Piece(0x5_0000, 16, true);
        for (List<Unfinished> wrong : List.of(
                List.of(new Unfinished(0, 0, List.of(piece))),
                List.of(new Unfinished(0, 65, List.of(piece))),
                List.of(new Unfinished(0, -1, List.of(piece))),
                List.of(new Unfinished(3, 1, List.of(piece)), new Unfinished(3, 1, List.of(piece))),
                List.of(new Unfinished(0, 1, List.of(new Piece(1 << 20, 16, true)))),
                List.of(new Unfinished(0, 1, List.of(new Piece(0, -1, true)))),
                List.of(new Unfinished(0, 1, List.of(piece, new Piece(0x5_0000, 16, false)))))) {
            driver.start(features);
            exchange(0, 1);
            bench.replaceBy(with(bench.state(), wrong));
            VirtioDriver.await("it notices", () -> (driver.status() & VirtioDriver.NEEDS_RESET) != 0);
            assertArrayEquals(bytes(8), exchange(1, 7));
        }
    }

    private static EchoFactory.State with(EchoFactory.State state, List<Unfinished> unfinished) {
        VirtioState virtio = state.virtio();
        List<VirtioState.Queue> queues = new ArrayList<>(virtio.queues());
        var queue = queues.getFirst();
        queues.set(0, queue(queue, queue.nextAvailable(), Optional.of(unfinished)));
        return state(state, queues);
    }

    private static VirtioState.Queue queue(
            VirtioState.Queue queue, int nextAvailable, Optional<List<Unfinished>> unfinished) {
        return new VirtioState.Queue(
                queue.size(),
                queue.enabled(),
                queue.vector(),
                queue.descriptors(),
                queue.driver(),
                queue.device(),
                nextAvailable,
                queue.nextUsed(),
                queue.signalled(),
                queue.broken(),
                unfinished);
    }

    private static EchoFactory.State state(EchoFactory.State state, List<VirtioState.Queue> queues) {
        VirtioState virtio = state.virtio();
        return new EchoFactory.State(
                state.configuration(),
                new VirtioState(
                        virtio.status(),
                        virtio.driverFeatures(),
                        virtio.deviceFeatureSelect(),
                        virtio.driverFeatureSelect(),
                        virtio.configurationGeneration(),
                        virtio.configurationVector(),
                        virtio.queueSelect(),
                        virtio.interruptStatus(),
                        queues));
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 64 | 0x8000, 0x7fff, 0xffff})
    void aPositionThatAPackedRingDoesNotHaveIsRefused(int position) {
        driver.start(PACKED);
        EchoFactory.State state = bench.state();
        List<VirtioState.Queue> queues = new ArrayList<>(state.virtio().queues());
        queues.set(0, queue(queues.getFirst(), position, Optional.empty()));
        var refused = assertThrows(StateException.class, () -> bench.replaceBy(state(state, queues)));
        assertTrue(refused.getMessage().contains("packed ring of 64"), refused.getMessage());
    }
}
