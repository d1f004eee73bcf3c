package dev.backplane.virtio.internal;

import static dev.backplane.testkit.virtio.DriverRing.INDIRECT;
import static dev.backplane.testkit.virtio.DriverRing.NEXT;
import static dev.backplane.testkit.virtio.DriverRing.WRITE;
import static dev.backplane.testkit.virtio.VirtioDriver.NEEDS_RESET;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.backplane.testkit.virtio.DriverRing;
import dev.backplane.testkit.virtio.PackedRing;
import dev.backplane.testkit.virtio.VirtioDriver;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Drivers that break the rules: they break their queue, are told so, and nothing else happens. */
class HostileDriverTest extends Conformance {
    private void breaks(long rings, Consumer<DriverRing> how) {
        driver.start(INDIRECT_DESC | rings);
        bench.pci().takeMessages();
        how.accept(driver.ring(0));
        driver.notify(0);
        isBroken(rings);
    }

    private void isBroken(long rings) {
        VirtioDriver.await("the device notices", () -> (driver.status() & NEEDS_RESET) != 0);
        assertEquals(List.of(0), messages(1), "a configuration interrupt");
        assertArrayEquals(bytes(6), exchange(1, 5), "the other queue goes on");
        bench.swap();
        assertArrayEquals(bytes(6), exchange(1, 5), "and in a successor");
        driver.start(rings);
        assertArrayEquals(bytes(6), exchange(0, 5), "and after a reset this one too");
    }

    @Test
    void aChainThatLoops() {
        breaks(0, ring -> {
            ring.descriptor(0, ring.buffer(16), 16, NEXT, 1);
            ring.descriptor(1, ring.buffer(16), 16, NEXT, 0);
            ring.offer(0);
        });
    }

    @Test
    void anIndirectTableThatLoops() {
        breaks(0, ring -> {
            long table = ring.buffer(32);
            ring.descriptorAt(table, ring.buffer(16), 16, NEXT, 1);
            ring.descriptorAt(table + 16, ring.buffer(16), 16, NEXT, 0);
            ring.descriptor(0, table, 32, INDIRECT, 0);
            ring.offer(0);
        });
    }

    @Test
    void aListThatGoesRoundTheWholePackedRing() {
        breaks(PACKED, ring -> {
            for (int i = 0; i < 64; i++) {
                ring.descriptor(i, ring.buffer(16), 16, NEXT, 0);
            }
            ring.offer(0);
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {65, 66, 0x7fff, 0xffff})
    void anIndexThatIsMoreThanAQueueAhead(int index) {
        breaks(0, ring -> split(0).availableIndex(index));
    }

    @Test
    void anIndexThatGoesBack() {
        breaks(0, ring -> {
            exchange(0, 1);
            exchange(0, 1);
            messages(2);
            split(0).availableIndex(1);
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 65, 0xffff})
    void aHeadThatIsNoDescriptor(int head) {
        breaks(0, ring -> ring.offer(head));
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 0x7fff, 0xffff})
    void aNextThatIsNoDescriptor(int next) {
        breaks(0, ring -> {
            ring.descriptor(0, ring.buffer(16), 16, NEXT, next);
            ring.offer(0);
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {0, PACKED})
    void aBufferThatIsNotMemory(long rings) {
        long[][] buffers = {
            {0xffff_ffff_ffff_fff0L, 0x20}, {(1 << 20) - 8, 16}, {1 << 20, 1}, {-1, 0xffff_ffffL}, {0, 0xffff_ffffL}
        };
        for (long[] buffer : buffers) {
            for (int flags : new int[] {0, WRITE}) {
                breaks(rings, ring -> {
                    ring.descriptor(0, buffer[0], (int) buffer[1], flags, 0);
                    ring.offer(0);
                });
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, PACKED})
    void aPieceToReadBehindOneToWrite(long rings) {
        breaks(rings, ring -> {
            ring.descriptor(1, ring.buffer(16), 16, 0, 0);
            ring.descriptor(0, ring.buffer(16), 16, WRITE | NEXT, 1);
            ring.offer(0);
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {0, PACKED})
    void indirectTablesThatCannotBe(long rings) {
        for (int[] lengthAndFlags : new int[][] {{0, 0}, {17, 0}, {65 * 16, 0}, {16, NEXT}, {-16, 0}}) {
            breaks(rings, ring -> {
                ring.descriptor(0, ring.buffer(16), lengthAndFlags[0], INDIRECT | lengthAndFlags[1], 1);
                ring.offer(0);
            });
        }
        breaks(rings, ring -> {
            ring.descriptor(0, (1 << 20) - 8, 16, INDIRECT, 0);
            ring.offer(0);
        });
    }

    @Test
    void aTableInATable() {
        breaks(0, ring -> {
            long table = ring.buffer(16);
            ring.descriptorAt(table, table, 16, INDIRECT, 0);
            ring.descriptor(0, table, 16, INDIRECT, 0);
            ring.offer(0);
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {0, PACKED})
    void aTableWhereNoneWasNegotiated(long rings) {
        driver.start(rings);
        DriverRing ring = driver.ring(0);
        long table = ring.buffer(16);
        ring.descriptorAt(table, ring.buffer(16), 16, WRITE, 0);
        ring.descriptor(0, table, 16, INDIRECT, 0);
        ring.offer(0);
        driver.notify(0);
        isBroken(rings);
    }

    /** What the device can be made to hold is bounded by the ring. */
    @ParameterizedTest
    @ValueSource(longs = {0, PACKED})
    void moreUnderWayThanTheRingHas(long rings) {
        driver.start(INDIRECT_DESC | rings);
        echo.holding = true;
        DriverRing ring = driver.ring(0);
        for (int i = 0; i < 32; i++) {
            ring.add(bytes(i), 1);
        }
        driver.notify(0);
        VirtioDriver.await("all are taken", () -> echo.taken.get() == 32);
        ring.offer(0);
        driver.notify(0);
        VirtioDriver.await("the device notices", () -> (driver.status() & NEEDS_RESET) != 0);
        echo.holding = false;
        isBroken(rings);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, PACKED})
    void aNumberThatIsUnderWayAlready(long rings) {
        driver.start(INDIRECT_DESC | rings);
        echo.holding = true;
        DriverRing ring = driver.ring(0);
        ring.descriptor(0, ring.buffer(16), 16, WRITE, 0);
        ring.offer(0);
        driver.notify(0);
        VirtioDriver.await("it is taken", () -> echo.taken.get() == 1);
        ring.descriptor(1, ring.buffer(16), 16, WRITE, 0);
        ring.offer(rings == 0 ? 0 : 1);
        driver.notify(0);
        VirtioDriver.await("the device notices", () -> (driver.status() & NEEDS_RESET) != 0);
        echo.holding = false;
        isBroken(rings);
    }

    /** Overlapping memory is the guest's own affair: it gets what it asked for, and nobody else sees it. */
    @ParameterizedTest
    @ValueSource(longs = {0, PACKED})
    void buffersThatOverlapEachOtherOrTheRingHarmNobodyElse(long rings) {
        for (int where = 0; where < 5; where++) {
            driver.start(INDIRECT_DESC | rings);
            DriverRing ring = driver.ring(0);
            long shared = ring.buffer(bytes(1, 2, 3, 4, 5, 6, 7, 8));
            long[] targets = {shared, shared + 3, ring.descriptors(), ring.driver(), ring.device()};
            ring.descriptor(1, targets[where], 8, WRITE, 0);
            ring.descriptor(0, shared, 8, NEXT, 1);
            ring.offer(0);
            driver.notify(0);
            assertArrayEquals(bytes(6), exchange(1, 5));
            bench.swap();
            assertArrayEquals(bytes(6), exchange(1, 5));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, PACKED})
    void ringsThatAreNoMemoryOrNotAligned(long rings) {
        for (long[] places : new long[][] {
            {0x1_0008, 0x1_1000, 0x1_2000}, {0x1_0000, 0x1_1001, 0x1_2000}, {0x1_0000, 0x1_1000, 0x1_2002},
            {0xffff_fff0L << 8, 0x1_1000, 0x1_2000}, {0x1_0000, 1 << 20, 0x1_2000}, {0x1_0000, 0x1_1000, -16},
            {(1 << 20) - 16, 0x1_1000, 0x1_2000}, {0x1_0000, -4, 0x1_2000}
        }) {
            driver.negotiate(rings);
            select(0);
            for (int i = 0; i < 3; i++) {
                driver.common(QUEUE_DESC + 8 * i, 8, places[i]);
            }
            driver.common(QUEUE_ENABLE, 2, 1);
            DriverRing other = driver.setUp(1, 2, rings);
            driver.status(READY);
            VirtioDriver.await("the device notices", () -> (driver.status() & NEEDS_RESET) != 0);
            other.add(bytes(1), 1);
            driver.notify(1);
            assertArrayEquals(bytes(2), other.await());
        }
    }

    /** Anywhere but in the other queue's ring; in its own, too. */
    private static long address(Random random) {
        return switch (random.nextInt(10)) {
            case 0 -> random.nextLong() | 1 << 20;
            case 1, 2 -> 0x1_0000 + random.nextInt(0xff00);
            default -> 0x4_0000 + random.nextInt(0xc_0000);
        };
    }

    @Test
    void randomRingsNeverEndTheDevice() {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 400; round++) {
            boolean packed = random.nextBoolean();
            driver.start((random.nextBoolean() ? EVENTS | INDIRECT_DESC : 0) | (packed ? PACKED : 0));
            DriverRing ring = driver.ring(0);
            for (int i = 0; i < 64; i++) {
                ring.descriptor(
                        i,
                        address(random),
                        random.nextInt(10) == 0 ? random.nextInt() : random.nextInt(200),
                        random.nextInt(8),
                        random.nextInt(70));
            }
            for (int i = random.nextInt(1, 60); i > 0; i--) {
                ring.offer(packed ? ((PackedRing) ring).position() : random.nextInt(66));
            }
            if (!packed && random.nextInt(4) == 0) {
                split(0).availableIndex(random.nextInt(1 << 16));
            }
            echo.holding = random.nextInt(4) == 0;
            echo.puttingBack = random.nextBoolean();
            driver.notify(0);
            if (random.nextInt(3) == 0) {
                bench.swap();
            }
            echo.holding = false;
            echo.puttingBack = false;
            bench.swap();
            assertArrayEquals(bytes(6), exchange(1, 5), "seed " + seed + " round " + round);
        }
        assertFalse(echo.overlapped, "one thread at a time processes a queue");
    }
}
