package dev.backplane.device.virtio.balloon.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.DeviceFactory;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.DeviceContract;
import dev.backplane.testkit.virtio.DriverRing;
import dev.backplane.testkit.virtio.VirtioDriver;
import dev.backplane.virtio.internal.PciTransportService;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The balloon by the sections of the specification (virtio 1.2, 5.5). */
class BalloonTest extends DeviceContract<BalloonOptions, BalloonState> {
    static final long FEATURES = 1 << BalloonLayout.F_STATS_VQ | 1 << BalloonLayout.F_REPORTING;
    static final BalloonOptions OPTIONS = options(64 << 20);

    private static final int STATISTICS = 2;
    private static final int REPORTING = 3;
    /** A page behind the rings and their buffers. */
    private static final int PAGE = 0xa0;

    private static BalloonOptions options(long target) {
        return new BalloonOptions(target, true, true, Duration.ofSeconds(1));
    }

    static DeviceFactory<BalloonOptions, BalloonState> newFactory() {
        return new BalloonFactory(new PciTransportService());
    }

    @Override
    protected DeviceFactory<BalloonOptions, BalloonState> factory() {
        return newFactory();
    }

    @Override
    protected BalloonOptions options() {
        return OPTIONS;
    }

    @Override
    protected void use(DeviceBench<BalloonOptions, BalloonState> bench) {
        var driver = new VirtioDriver(bench).start(FEATURES);
        inflate(driver, PAGE, PAGE + 1);
        driver.configuration(BalloonLayout.ACTUAL, 4, 2);
        driver.ring(STATISTICS).add(statistics(4, 1000), 0);
        driver.notify(STATISTICS);
        VirtioDriver.await("statistics", () -> told(bench).containsKey("free-bytes"));
        bench.clock().advance(Duration.ofMillis(500));
    }

    @Override
    protected List<?> observe(DeviceBench<BalloonOptions, BalloonState> bench) {
        int before = new VirtioDriver(bench).status();
        var driver = new VirtioDriver(bench);
        long actual = driver.configuration(BalloonLayout.ACTUAL, 4);
        long target = driver.configuration(BalloonLayout.NUM_PAGES, 4);
        bench.machine().memory().takeReleased();
        inflate(driver.start(0), PAGE + 2);
        return List.of(before, actual, target, bench.machine().memory().takeReleased());
    }

    private static byte[] numbers(int... pages) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * pages.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int page : pages) {
            bytes.putInt(page);
        }
        return bytes.array();
    }

    private static byte[] statistics(int tag, long value) {
        return ByteBuffer.allocate(10)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) tag)
                .putLong(value)
                .array();
    }

    private static void inflate(VirtioDriver driver, int... pages) {
        send(driver, BalloonLayout.INFLATE, numbers(pages));
    }

    private static void send(VirtioDriver driver, int queue, byte[] bytes) {
        driver.ring(queue).add(bytes, 0);
        driver.notify(queue);
        assertEquals(0, driver.ring(queue).await().length);
    }

    private static Map<String, Long> told(DeviceBench<BalloonOptions, BalloonState> bench) {
        return ((BalloonDevice) bench.device()).statistics();
    }

    private DeviceBench<BalloonOptions, BalloonState> bench() {
        return DeviceBench.plug(factory(), OPTIONS);
    }

    @Test
    void s5_5_6_1_pagesInTheBalloonGoBackToTheHostAndReadAsZeros() {
        try (var bench = bench()) {
            var driver = new VirtioDriver(bench).start(0);
            var memory = bench.machine().memory();
            memory.bytes().asSlice(PAGE << 12, 5 << 12).fill((byte) 1);
            inflate(driver, PAGE + 3, PAGE, PAGE + 1, PAGE);
            assertEquals(List.of("655360+8192", "667648+4096"), memory.takeReleased());
            assertEquals(0, memory.bytes().get(ValueLayout.JAVA_BYTE, PAGE << 12));
            assertEquals(1, memory.bytes().get(ValueLayout.JAVA_BYTE, PAGE + 2 << 12));
            assertEquals(0, memory.bytes().get(ValueLayout.JAVA_BYTE, (PAGE + 4 << 12) - 1));
            assertEquals(3 * 4096, told(bench).get("released-bytes"));
        }
    }

    @Test
    void s5_5_6_1_pagesThatComeOutNeedNothing() {
        try (var bench = bench()) {
            var driver = new VirtioDriver(bench).start(0);
            send(driver, BalloonLayout.DEFLATE, numbers(PAGE));
            assertEquals(List.of(), bench.machine().memory().takeReleased());
        }
    }

    @Test
    void s5_5_4_theTargetIsToldAndChangesWhileTheGuestRuns() {
        try (var bench = bench()) {
            var driver = new VirtioDriver(bench).start(0);
            assertEquals(16384, driver.configuration(BalloonLayout.NUM_PAGES, 4));
            bench.pci().takeMessages();
            ((BalloonDevice) bench.device()).configure(options(4096));
            assertEquals(1, driver.configuration(BalloonLayout.NUM_PAGES, 4));
            assertEquals(List.of(0), bench.pci().takeMessages());
            ((BalloonDevice) bench.device()).configure(options(4097));
            assertEquals(List.of(), bench.pci().takeMessages(), "the same number of pages");
            driver.configuration(BalloonLayout.ACTUAL, 4, 0x8000_0001L);
            assertEquals(0x8000_0001L, driver.configuration(BalloonLayout.ACTUAL, 4));
            assertEquals(0x8000_0001L << 12, told(bench).get("balloon-bytes"));
            assertEquals(0x80, driver.configuration(7, 1));
        }
    }

    @Test
    void s5_5_6_3_statisticsStayUntilTheNextAreWanted() {
        try (var bench = bench()) {
            var driver = new VirtioDriver(bench).start(FEATURES);
            DriverRing ring = driver.ring(STATISTICS);
            ring.add(statistics(4, 1000), 0);
            driver.notify(STATISTICS);
            VirtioDriver.await("statistics", () -> told(bench).containsKey("free-bytes"));
            assertEquals(1000, told(bench).get("free-bytes"));
            assertEquals(0, ring.waiting());
            bench.clock().advance(Duration.ofMillis(1100));
            ring.await();
            ring.add(statistics(5, 2000), 0);
            driver.notify(STATISTICS);
            VirtioDriver.await("the next", () -> told(bench).containsKey("total-bytes"));
            // A device that goes gives the buffer back, and its successor hears from a driver that has sent the next.
            bench.swap();
            ring.await();
            ring.add(statistics(0, 7), 0);
            driver.notify(STATISTICS);
            VirtioDriver.await("those of the successor", () -> told(bench).containsKey("swap-in-bytes"));
        }
    }

    @Test
    void s5_5_6_7_reportedMemoryGoesBackToTheHost() {
        try (var bench = bench()) {
            var driver = new VirtioDriver(bench).start(FEATURES);
            DriverRing ring = driver.ring(REPORTING);
            ring.descriptor(0, PAGE << 12, 0x4000, DriverRing.WRITE | DriverRing.NEXT, 1);
            ring.descriptor(1, (PAGE + 8 << 12) + 1, 0x2fff, DriverRing.WRITE | DriverRing.NEXT, 2);
            ring.descriptor(2, (PAGE + 16 << 12) + 1, 0x1000, DriverRing.WRITE, 0);
            ring.offer(0);
            driver.notify(REPORTING);
            VirtioDriver.await("the report", () -> ring.waiting() == 1);
            assertEquals(
                    List.of("655360+16384", "692224+8192"),
                    bench.machine().memory().takeReleased());
            assertEquals(1, told(bench).get("refused"));
        }
    }

    @Test
    void withoutStatisticsTheReportingQueueIsTheThird() {
        try (var bench = bench()) {
            var driver = new VirtioDriver(bench).start(1 << BalloonLayout.F_REPORTING);
            driver.ring(2).descriptor(0, PAGE << 12, 0x1000, DriverRing.WRITE, 0);
            driver.ring(2).offer(0);
            driver.notify(2);
            VirtioDriver.await("the report", () -> driver.ring(2).waiting() == 1);
            assertEquals(List.of("655360+4096"), bench.machine().memory().takeReleased());
        }
    }

    @Test
    void numbersOfNoRamAreLeftOutAndTheOthersCount() {
        try (var bench = bench()) {
            var driver = new VirtioDriver(bench).start(0);
            inflate(driver, -1, Integer.MAX_VALUE, 0xff, 0x100, 0x101, Integer.MIN_VALUE, PAGE);
            assertEquals(
                    List.of("655360+4096", "1044480+4096"),
                    bench.machine().memory().takeReleased());
            assertEquals(5, told(bench).get("refused"));
            // Parts of a number.
            send(driver, BalloonLayout.INFLATE, new byte[] {1, 2, 3});
            assertEquals(List.of(), bench.machine().memory().takeReleased());
        }
    }

    @Test
    void aBufferOfTooManyNumbersCountsUpToABound() {
        try (var bench = bench()) {
            var driver = new VirtioDriver(bench).start(0);
            int[] pages = new int[5000];
            java.util.Arrays.fill(pages, PAGE);
            inflate(driver, pages);
            assertEquals(904, told(bench).get("refused"));
            assertEquals(4 * 4096, told(bench).get("released-bytes"), "once for each thousand");
        }
    }

    @Test
    void aDriverThatPutsItsOwnRingsIntoTheBalloonBreaksNothingButThem() {
        try (var bench = bench()) {
            var driver = new VirtioDriver(bench).start(0);
            driver.ring(0)
                    .add(numbers(java.util.stream.IntStream.range(0, 0x100).toArray()), 0);
            driver.notify(0);
            VirtioDriver.await("all of it", () -> told(bench).get("released-bytes") == 1 << 20);
            inflate(new VirtioDriver(bench).start(0), PAGE);
            assertEquals(List.of(), bench.machine().failures());
        }
    }

    @Test
    void whatIsNotOfferedHasNoQueue() {
        var small = new BalloonOptions(0, false, false, Duration.ZERO);
        try (var bench = DeviceBench.plug(factory(), small)) {
            var driver = new VirtioDriver(bench);
            assertEquals(1 << BalloonLayout.F_STATS_VQ, driver.offered() & 0xff_ffff);
            assertEquals(3, driver.common(0x12, 2));
            assertEquals(0, bench.clock().armedTimers());
        }
    }

    @Test
    void aGuestIsNotAskedAllTheTime() {
        assertThrows(IllegalArgumentException.class, () -> new BalloonOptions(0, true, true, Duration.ofMillis(99)));
        assertTrue(new BalloonOptions(BalloonOptions.MOST_BYTES, true, true, Duration.ZERO).targetPages() == -1);
    }
}
