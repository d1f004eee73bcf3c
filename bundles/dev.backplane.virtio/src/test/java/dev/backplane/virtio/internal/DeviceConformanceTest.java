package dev.backplane.virtio.internal;

import static dev.backplane.testkit.virtio.DriverRing.INDIRECT;
import static dev.backplane.testkit.virtio.DriverRing.NEXT;
import static dev.backplane.testkit.virtio.DriverRing.WRITE;
import static dev.backplane.testkit.virtio.VirtioDriver.ACKNOWLEDGE;
import static dev.backplane.testkit.virtio.VirtioDriver.DRIVER;
import static dev.backplane.testkit.virtio.VirtioDriver.DRIVER_OK;
import static dev.backplane.testkit.virtio.VirtioDriver.FEATURES_OK;
import static dev.backplane.testkit.virtio.VirtioDriver.NEEDS_RESET;
import static dev.backplane.testkit.virtio.VirtioDriver.NO_VECTOR;
import static dev.backplane.testkit.virtio.VirtioDriver.VERSION_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.virtio.DriverRing;
import dev.backplane.testkit.virtio.VirtioDriver;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a device must do, by the sections of the specification (virtio 1.2, 7.3), and what no driver can make it do. */
@Timeout(60)
class DeviceConformanceTest {
    private static final long EVENTS = 1L << 29;
    private static final long RING_RESET = 1L << 40;

    private final EchoFactory echo = new EchoFactory();
    private final DeviceBench<EchoFactory.Options, EchoFactory.State> bench =
            DeviceBench.plug(echo, new EchoFactory.Options());
    private final VirtioDriver driver = new VirtioDriver(bench);

    @AfterEach
    void close() {
        bench.close();
    }

    private byte[] exchange(int queue, int... request) {
        byte[] bytes = new byte[request.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) request[i];
        }
        driver.ring(queue).add(bytes, bytes.length);
        driver.notify(queue);
        return driver.ring(queue).await();
    }

    /** The messages behind what has been awaited: a used buffer is seen before its interrupt. */
    private List<Integer> messages(int count) {
        List<Integer> taken = new ArrayList<>();
        VirtioDriver.await(count + " messages", () -> {
            taken.addAll(bench.pci().takeMessages());
            return taken.size() >= count;
        });
        return taken;
    }

    // 2.1 and 3.1: status and negotiation

    @Test
    void s2_1_statusIsZeroAfterAResetAndBitsAreAddedByTheDriver() {
        driver.reset();
        driver.status(ACKNOWLEDGE);
        driver.status(DRIVER);
        assertEquals(ACKNOWLEDGE | DRIVER, driver.status());
    }

    @Test
    void s2_2_versionOneIsOfferedAndTheDevicesOwnFeatures() {
        assertTrue((driver.offered() & VERSION_1) != 0);
        assertTrue((driver.offered() & 1 << EchoFactory.FEATURE) != 0);
        driver.common(0, 4, 2);
        assertEquals(0, driver.common(4, 4), "beyond 64 bits");
    }

    @Test
    void s2_2_featuresThatWereNotOfferedAreNotAccepted() {
        assertEquals(0, driver.negotiate(1L << 3) & FEATURES_OK);
        driver.reset();
        driver.status(ACKNOWLEDGE | DRIVER);
        driver.accept(1 << EchoFactory.FEATURE);
        driver.status(ACKNOWLEDGE | DRIVER | FEATURES_OK);
        assertEquals(0, driver.status() & FEATURES_OK, "without VERSION_1");
    }

    @Test
    void s3_1_1_featuresCannotBeChangedAfterTheNegotiation() {
        driver.start(1L << EchoFactory.FEATURE);
        driver.accept(VERSION_1);
        driver.common(8, 4, 0);
        assertEquals(1L << EchoFactory.FEATURE, driver.common(0xc, 4));
        exchange(0, 1);
        assertEquals(VERSION_1 | 1L << EchoFactory.FEATURE, echo.features);
    }

    @Test
    void s2_1_2_noBufferIsTakenBeforeTheDriverIsReady() {
        driver.negotiate(0);
        DriverRing ring = driver.setUp(0, 1, 0);
        ring.add(new byte[] {1}, 1);
        driver.notify(0);
        assertEquals(0, echo.activations.get());
        assertEquals(0, ring.waiting());
        driver.status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
        assertArrayEquals(new byte[] {2}, ring.await());
    }

    @Test
    void s2_4_aResetForgetsEverythingAndTheDriverCanBeginAnew() {
        for (int i = 0; i < 20; i++) {
            driver.start(i % 2 == 0 ? EVENTS : 0);
            assertArrayEquals(new byte[] {2, 3}, exchange(0, 1, 2));
            driver.reset();
            assertEquals(0, driver.status());
            driver.common(0x16, 2, 0);
            assertEquals(64, driver.common(0x18, 2), "its largest size");
            assertEquals(0, driver.common(0x1c, 2), "not enabled");
            assertEquals(NO_VECTOR, driver.common(0x1a, 2));
            assertEquals(0, driver.common(0x20, 8));
        }
    }

    @Test
    void s2_4_aResetWaitsForWhatIsInFlight() {
        driver.start(0);
        echo.holding = true;
        DriverRing ring = driver.ring(0);
        ring.add(new byte[] {1}, 1);
        driver.notify(0);
        VirtioDriver.await("it is taken", () -> echo.taken.get() == 1);
        driver.status(0);
        VirtioDriver.await("the reset", () -> driver.status() == 0);
        assertEquals(1, ring.waiting());
    }

    // 2.6: queue reset

    @Test
    void s2_6_1_aQueueThatIsResetIsEmptyAndCanBeEnabledAgainWhileTheOtherGoesOn() {
        driver.start(RING_RESET);
        exchange(0, 1);
        exchange(1, 1);
        driver.common(0x16, 2, 0);
        driver.common(0x3a, 2, 1);
        VirtioDriver.await("the queue's reset", () -> driver.common(0x3a, 2) == 0);
        assertEquals(0, driver.common(0x1c, 2));
        assertArrayEquals(new byte[] {8}, exchange(1, 7));
        DriverRing again = driver.setUp(0, 1, RING_RESET);
        again.add(new byte[] {4}, 1);
        driver.notify(0);
        assertArrayEquals(new byte[] {5}, again.await());
    }

    // 2.7: split rings

    @Test
    void s2_7_4_framingMeansNothing() {
        driver.start(0);
        DriverRing ring = driver.ring(0);
        long in = ring.buffer(16);
        long out = ring.buffer(16);
        bench.machine().memory().bytes().asSlice(in, 6).copyFrom(java.lang.foreign.MemorySegment.ofArray(new byte[] {
            10, 20, 30, 40, 50, 60
        }));
        ring.descriptor(0, in, 1, NEXT, 7);
        ring.descriptor(7, in + 1, 3, NEXT, 3);
        ring.descriptor(3, in + 4, 2, NEXT, 4);
        ring.descriptor(4, out, 4, NEXT | WRITE, 5);
        ring.descriptor(5, out + 4, 0, NEXT | WRITE, 6);
        ring.descriptor(6, out + 4, 12, WRITE, 0);
        ring.offer(0);
        driver.notify(0);
        VirtioDriver.await("the answer", () -> ring.waiting() == 1);
        assertArrayEquals(
                new byte[] {11, 21, 31, 41, 51, 61},
                bench.machine().memory().bytes().asSlice(out, 6).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
    }

    @Test
    void s2_7_5_3_anIndirectTableIsAChain() {
        driver.start(1L << 28);
        DriverRing ring = driver.ring(0);
        long table = ring.buffer(64);
        long in = ring.buffer(16);
        long out = ring.buffer(16);
        ring.descriptorAt(table, in, 5, NEXT, 2);
        ring.descriptorAt(table + 32, out, 5, WRITE, 0);
        ring.descriptor(9, table, 48, INDIRECT, 0);
        ring.offer(9);
        driver.notify(0);
        VirtioDriver.await("the answer", () -> ring.waiting() == 1);
        assertEquals(1, bench.machine().memory().bytes().get(java.lang.foreign.ValueLayout.JAVA_BYTE, out));
    }

    @Test
    void s2_7_7_withoutEventsTheFlagSuppressesInterrupts() {
        driver.start(0);
        exchange(0, 1);
        assertEquals(List.of(1), messages(1));
        driver.ring(0).noInterrupts(true);
        exchange(0, 1);
        exchange(0, 1);
        assertEquals(List.of(), bench.pci().takeMessages());
        driver.ring(0).noInterrupts(false);
        exchange(1, 1);
        exchange(0, 1);
        assertEquals(List.of(2, 1), messages(2));
    }

    @Test
    void s2_7_7_1_withEventsAnInterruptComesWhenTheIndexPassesTheEvent() {
        driver.start(EVENTS);
        driver.ring(0).usedEvent(2);
        exchange(0, 1);
        exchange(0, 1);
        assertEquals(List.of(), bench.pci().takeMessages());
        exchange(0, 1);
        assertEquals(List.of(1), messages(1));
        exchange(0, 1);
        assertEquals(List.of(), bench.pci().takeMessages());
    }

    @Test
    void s2_7_10_withEventsTheDeviceAsksToBeNotifiedOfTheNextBuffer() {
        driver.start(EVENTS);
        for (int i = 1; i < 5; i++) {
            exchange(0, i);
            int next = i;
            VirtioDriver.await("the event", () -> driver.ring(0).availableEvent() == next);
        }
    }

    @Test
    void s2_7_8_buffersMayComeBackInAnotherOrder() {
        driver.start(0);
        echo.holding = true;
        driver.ring(0).add(new byte[] {1}, 1);
        driver.ring(0).add(new byte[] {2}, 1);
        driver.notify(0);
        VirtioDriver.await("both are taken", () -> echo.taken.get() == 2);
        bench.swap();
        assertEquals(3, driver.ring(0).await()[0]);
        assertEquals(2, driver.ring(0).await()[0]);
    }

    // 4.1: PCI

    @Test
    void s4_1_4_3_aQueueThatDoesNotExistHasNoSize() {
        driver.common(0x16, 2, 2);
        assertEquals(0, driver.common(0x18, 2));
        driver.common(0x1c, 2, 1);
        assertEquals(2, driver.common(0x12, 2));
    }

    @Test
    void s4_1_5_1_2_aVectorThatCannotBeMappedReadsBackAsNone() {
        driver.reset();
        driver.common(0x10, 2, 2);
        assertEquals(2, driver.common(0x10, 2));
        driver.common(0x10, 2, 3);
        assertEquals(NO_VECTOR, driver.common(0x10, 2));
        driver.common(0x16, 2, 1);
        driver.common(0x1a, 2, 77);
        assertEquals(NO_VECTOR, driver.common(0x1a, 2));
    }

    @Test
    void s4_1_4_5_withoutMessagesThePinRisesAndReadingTheStatusLowersIt() {
        driver.start(0);
        bench.pci().enableMessages(false);
        exchange(0, 1);
        VirtioDriver.await("the pin", () -> bench.pci().pin().isUp());
        assertEquals(1, driver.interruptStatus());
        assertFalse(bench.pci().pin().isUp());
        assertEquals(0, driver.interruptStatus());
        echo.port.configurationChanged();
        assertEquals(2, driver.interruptStatus());
    }

    @Test
    void s4_1_4_3_1_theGenerationChangesWithTheConfigurationAndTheDriverIsTold() {
        driver.start(0);
        long before = driver.common(0x15, 1);
        echo.port.configurationChanged();
        assertEquals(before + 1, driver.common(0x15, 1));
        assertEquals(List.of(0), messages(1));
    }

    @Test
    void s4_1_4_9_theRegistersAreReachedThroughConfigurationSpaceToo() {
        String window = "configuration-access";
        bench.write(window, 2, 1, 0);
        bench.write(window, 6, 4, 0x12);
        bench.write(window, 10, 4, 2);
        assertEquals(0x12, bench.read(window, 6, 4));
        assertEquals(2, bench.read(window, 14, 2), "the number of queues");
        bench.write(window, 10, 4, 3);
        assertEquals(0, bench.read(window, 14, 2), "no such width");
        bench.write(window, 10, 4, 4);
        bench.write(window, 6, 4, 0x4000);
        assertEquals(0, bench.read(window, 14, 4), "outside");
    }

    @Test
    void theConfigurationIsTheDevices() {
        driver.configuration(0, 8, 0x1122_3344_5566_7788L);
        assertEquals(0x3344, driver.configuration(4, 2));
        driver.configuration(7, 1, 0xff);
        assertEquals(0xff22, driver.configuration(6, 2));
    }

    // Drivers that break the rules

    private void breaks(BiConsumer<VirtioDriver, DriverRing> how) {
        driver.start(1L << 28);
        bench.pci().takeMessages();
        how.accept(driver, driver.ring(0));
        driver.notify(0);
        VirtioDriver.await("the device notices", () -> (driver.status() & NEEDS_RESET) != 0);
        assertEquals(List.of(0), messages(1), "a configuration interrupt");
        assertArrayEquals(new byte[] {6}, exchange(1, 5), "the other queue goes on");
        driver.start(0);
        assertArrayEquals(new byte[] {6}, exchange(0, 5), "and after a reset this one too");
    }

    @Test
    void aChainThatLoopsBreaksItsQueueOnly() {
        breaks((guest, ring) -> {
            ring.descriptor(0, ring.buffer(16), 16, NEXT, 1);
            ring.descriptor(1, ring.buffer(16), 16, NEXT, 0);
            ring.offer(0);
        });
    }

    @Test
    void anIndexThatIsMoreThanAQueueAheadBreaksItsQueueOnly() {
        breaks((guest, ring) -> ring.availableIndex(65));
    }

    @Test
    void aHeadThatIsNoDescriptorBreaksItsQueueOnly() {
        breaks((guest, ring) -> ring.offer(64));
    }

    @Test
    void aNextThatIsNoDescriptorBreaksItsQueueOnly() {
        breaks((guest, ring) -> {
            ring.descriptor(0, ring.buffer(16), 16, NEXT, 0xffff);
            ring.offer(0);
        });
    }

    @Test
    void aBufferThatIsNotMemoryBreaksItsQueueOnly() {
        breaks((guest, ring) -> {
            ring.descriptor(0, 0xffff_ffff_ffff_fff0L, 0x20, 0, 0);
            ring.offer(0);
        });
        breaks((guest, ring) -> {
            ring.descriptor(0, (1 << 20) - 8, 16, WRITE, 0);
            ring.offer(0);
        });
    }

    @Test
    void aPieceToReadBehindOneToWriteBreaksItsQueueOnly() {
        breaks((guest, ring) -> {
            ring.descriptor(0, ring.buffer(16), 16, WRITE | NEXT, 1);
            ring.descriptor(1, ring.buffer(16), 16, 0, 0);
            ring.offer(0);
        });
    }

    @Test
    void indirectTablesThatCannotBeBreakTheirQueueOnly() {
        for (int[] lengthAndFlags : new int[][] {{0, 0}, {17, 0}, {65 * 16, 0}, {16, NEXT}}) {
            breaks((guest, ring) -> {
                ring.descriptor(0, ring.buffer(16), lengthAndFlags[0], INDIRECT | lengthAndFlags[1], 1);
                ring.offer(0);
            });
        }
        breaks((guest, ring) -> {
            long table = ring.buffer(16);
            ring.descriptorAt(table, table, 16, INDIRECT, 0);
            ring.descriptor(0, table, 16, INDIRECT, 0);
            ring.offer(0);
        });
    }

    @Test
    void ringsThatAreNoMemoryOrNotAlignedBreakTheirQueueOnly() {
        for (long[] places : new long[][] {
            {0x1_0008, 0x1_1000, 0x1_2000}, {0x1_0000, 0x1_1001, 0x1_2000}, {0x1_0000, 0x1_1000, 0x1_2002},
            {0xffff_fff0L << 8, 0x1_1000, 0x1_2000}, {0x1_0000, (1 << 20) - 16, 0x1_2000}, {0x1_0000, 0x1_1000, -16}
        }) {
            driver.negotiate(0);
            driver.common(0x16, 2, 0);
            for (int i = 0; i < 3; i++) {
                driver.common(0x20 + 8 * i, 8, places[i]);
            }
            driver.common(0x1c, 2, 1);
            DriverRing other = driver.setUp(1, 2, 0);
            driver.status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
            VirtioDriver.await("the device notices", () -> (driver.status() & NEEDS_RESET) != 0);
            other.add(new byte[] {1}, 1);
            driver.notify(1);
            assertArrayEquals(new byte[] {2}, other.await());
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
        for (int round = 0; round < 300; round++) {
            driver.start(random.nextBoolean() ? EVENTS | 1L << 28 : 0);
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
                ring.offer(random.nextInt(66));
            }
            if (random.nextInt(4) == 0) {
                ring.availableIndex(random.nextInt(1 << 16));
            }
            driver.notify(0);
            if (random.nextInt(3) == 0) {
                bench.swap();
            }
            assertArrayEquals(new byte[] {6}, exchange(1, 5), "seed " + seed + " round " + round);
        }
        assertFalse(echo.overlapped, "one thread at a time processes a queue");
    }

    @Test
    void aDeviceThatIsSwappedUnderLoadAnswersEveryRequestOnce() {
        driver.start(EVENTS);
        DriverRing ring = driver.ring(0);
        int answered = 0;
        for (int i = 0; i < 400; i++) {
            echo.holding = i % 5 == 0;
            ring.add(new byte[] {(byte) i}, 1);
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
}
