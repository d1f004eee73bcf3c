package dev.backplane.device.virtio.mem.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.memory.RamRange;
import dev.backplane.api.part.Resumption;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.DeviceContract;
import dev.backplane.testkit.FlatMemory;
import dev.backplane.testkit.virtio.VirtioDriver;
import dev.backplane.virtio.internal.PciTransportService;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The memory device by the sections of the specification (virtio 1.2, 5.15). */
class MemoryTest extends DeviceContract<MemoryOptions, MemoryState> {
    static final long FEATURES = 1 << MemoryLayout.F_UNPLUGGED_INACCESSIBLE;
    private static final long ADDRESS = 0x81_0000_0000L;
    private static final long BLOCK = 2 << 20;
    static final MemoryOptions OPTIONS = options(4);

    private static MemoryOptions options(int blocks) {
        return new MemoryOptions(blocks * BLOCK, 8 * BLOCK, BLOCK, ADDRESS);
    }

    static DeviceFactory<MemoryOptions, MemoryState> newFactory() {
        return new MemoryFactory(new PciTransportService());
    }

    @Override
    protected DeviceFactory<MemoryOptions, MemoryState> factory() {
        return newFactory();
    }

    @Override
    protected MemoryOptions options() {
        return OPTIONS;
    }

    @Override
    protected void use(DeviceBench<MemoryOptions, MemoryState> bench) {
        var driver = new VirtioDriver(bench).start(FEATURES);
        ask(driver, MemoryLayout.PLUG, ADDRESS + BLOCK, 2);
    }

    @Override
    protected List<?> observe(DeviceBench<MemoryOptions, MemoryState> bench) {
        int before = new VirtioDriver(bench).status();
        var driver = new VirtioDriver(bench).start(FEATURES);
        return List.of(
                before,
                field(driver, MemoryLayout.PLUGGED_SIZE),
                field(driver, MemoryLayout.REQUESTED_SIZE),
                ask(driver, MemoryLayout.STATE, ADDRESS, 1),
                ask(driver, MemoryLayout.STATE, ADDRESS + BLOCK, 2),
                ask(driver, MemoryLayout.STATE, ADDRESS + BLOCK, 3),
                ask(driver, MemoryLayout.UNPLUG, ADDRESS + BLOCK, 1));
    }

    private static long field(VirtioDriver driver, int offset) {
        return driver.configuration(offset, 4) | driver.configuration(offset + 4, 4) << 32;
    }

    /** Type and state of the response: as {@code 0:1}. */
    private static String ask(VirtioDriver driver, int type, long address, int blocks) {
        byte[] request = ByteBuffer.allocate(MemoryLayout.REQUEST_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) type)
                .putLong(8, address)
                .putShort(16, (short) blocks)
                .array();
        return send(driver, request);
    }

    private static String send(VirtioDriver driver, byte[] request) {
        driver.ring(0).add(request, MemoryLayout.RESPONSE_BYTES);
        driver.notify(0);
        ByteBuffer response = ByteBuffer.wrap(driver.ring(0).await()).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(MemoryLayout.RESPONSE_BYTES, response.capacity());
        return response.getShort(0) + ":" + response.getShort(8);
    }

    private static Map<String, Long> told(DeviceBench<MemoryOptions, MemoryState> bench) {
        return ((MemoryDevice) bench.device()).statistics();
    }

    private DeviceBench<MemoryOptions, MemoryState> bench() {
        return DeviceBench.plug(factory(), OPTIONS);
    }

    @Test
    void s5_15_4_theConfigurationTellsTheRegionAndWhatIsRequested() {
        try (var bench = bench()) {
            assertEquals(
                    List.of(new RamRange(ADDRESS, 8 * BLOCK)), bench.shape().ram());
            var driver = new VirtioDriver(bench).start(FEATURES);
            assertEquals(BLOCK, field(driver, MemoryLayout.BLOCK_SIZE));
            assertEquals(ADDRESS, field(driver, MemoryLayout.ADDR));
            assertEquals(8 * BLOCK, field(driver, MemoryLayout.REGION_SIZE));
            assertEquals(8 * BLOCK, field(driver, MemoryLayout.USABLE_REGION_SIZE));
            assertEquals(0, field(driver, MemoryLayout.PLUGGED_SIZE));
            assertEquals(4 * BLOCK, field(driver, MemoryLayout.REQUESTED_SIZE));
            bench.pci().takeMessages();
            ((MemoryDevice) bench.device()).configure(options(6));
            assertEquals(6 * BLOCK, field(driver, MemoryLayout.REQUESTED_SIZE));
            assertEquals(List.of(0), bench.pci().takeMessages());
            ((MemoryDevice) bench.device()).configure(options(6));
            assertEquals(List.of(), bench.pci().takeMessages());
        }
    }

    @Test
    void s5_15_6_blocksArePluggedUpToTheRequestAndUnpluggedOnesGoBackToTheHost() {
        try (var bench = bench()) {
            var memory = bench.machine().memory();
            var driver = new VirtioDriver(bench).start(FEATURES);
            assertEquals("0:0", ask(driver, MemoryLayout.PLUG, ADDRESS, 3));
            assertEquals("1:0", ask(driver, MemoryLayout.PLUG, ADDRESS + 3 * BLOCK, 2), "more than is requested");
            assertEquals("0:0", ask(driver, MemoryLayout.PLUG, ADDRESS + 7 * BLOCK, 1));
            assertEquals(4 * BLOCK, field(driver, MemoryLayout.PLUGGED_SIZE));
            try (var lease = memory.write(ADDRESS + BLOCK, 8)) {
                lease.segment().set(ValueLayout.JAVA_LONG, 0, 42);
            }
            assertEquals("0:0", ask(driver, MemoryLayout.UNPLUG, ADDRESS + BLOCK, 1));
            assertEquals(List.of(ADDRESS + BLOCK + "+" + BLOCK), memory.takeReleased());
            try (var lease = memory.read(ADDRESS + BLOCK, 8)) {
                assertEquals(0, lease.segment().get(ValueLayout.JAVA_LONG, 0));
            }
            assertEquals("0:0", ask(driver, MemoryLayout.STATE, ADDRESS, 1));
            assertEquals("0:1", ask(driver, MemoryLayout.STATE, ADDRESS + BLOCK, 1));
            assertEquals("0:2", ask(driver, MemoryLayout.STATE, ADDRESS, 8));
            assertEquals(3 * BLOCK, told(bench).get("plugged-bytes"));
            assertEquals("0:0", ask(driver, MemoryLayout.UNPLUG_ALL, 0, 0));
            assertEquals(0, field(driver, MemoryLayout.PLUGGED_SIZE));
            assertEquals("0:1", ask(driver, MemoryLayout.STATE, ADDRESS, 8));
        }
    }

    @Test
    void requestsThatAreNoneOfTheRegionsBlocksOrInAnotherStateAreErrorsAndChangeNothing() {
        try (var bench = bench()) {
            var driver = new VirtioDriver(bench).start(FEATURES);
            assertEquals("0:0", ask(driver, MemoryLayout.PLUG, ADDRESS + BLOCK, 1));
            long[][] wrong = {
                {ADDRESS, 0},
                {ADDRESS + 1, 1},
                {ADDRESS + BLOCK / 2, 1},
                {ADDRESS - BLOCK, 1},
                {ADDRESS - BLOCK, 0xffff},
                {ADDRESS + 8 * BLOCK, 1},
                {ADDRESS + 7 * BLOCK, 2},
                {ADDRESS, 0xffff},
                {0, 1},
                {-BLOCK, 1},
                {Long.MAX_VALUE, 1},
                {Long.MIN_VALUE, 0xffff},
            };
            for (long[] each : wrong) {
                for (int type : new int[] {MemoryLayout.PLUG, MemoryLayout.UNPLUG, MemoryLayout.STATE}) {
                    assertEquals("3:0", ask(driver, type, each[0], (int) each[1]), "0x%x".formatted(each[0]));
                }
            }
            assertEquals("3:0", ask(driver, MemoryLayout.PLUG, ADDRESS, 2), "one of them is plugged");
            assertEquals("3:0", ask(driver, MemoryLayout.UNPLUG, ADDRESS, 2), "one of them is not plugged");
            assertEquals("3:0", ask(driver, 4, ADDRESS, 1), "no such request");
            assertEquals("3:0", send(driver, new byte[23]));
            assertEquals(BLOCK, field(driver, MemoryLayout.PLUGGED_SIZE));
            assertEquals(List.of(), bench.machine().memory().takeReleased());
            assertEquals(40, told(bench).get("refused"));
        }
    }

    @Test
    void aSmallerSizeTakesNothingByItself() {
        try (var bench = bench()) {
            var driver = new VirtioDriver(bench).start(FEATURES);
            ask(driver, MemoryLayout.PLUG, ADDRESS, 4);
            ((MemoryDevice) bench.device()).configure(options(1));
            assertEquals(4 * BLOCK, field(driver, MemoryLayout.PLUGGED_SIZE));
            assertEquals("1:0", ask(driver, MemoryLayout.PLUG, ADDRESS + 4 * BLOCK, 1));
            assertEquals("0:0", ask(driver, MemoryLayout.UNPLUG, ADDRESS + BLOCK, 3));
        }
    }

    @Test
    void blocksStayWhenTheDriverResetsTheDeviceAndGoWithTheMachinesReset() {
        try (var bench = bench()) {
            ask(new VirtioDriver(bench).start(FEATURES), MemoryLayout.PLUG, ADDRESS, 2);
            var driver = new VirtioDriver(bench).start(FEATURES);
            assertEquals("0:0", ask(driver, MemoryLayout.STATE, ADDRESS, 2));
            bench.quiesce();
            bench.device().reset(ResetKind.DEVICE);
            assertEquals(2 * BLOCK, told(bench).get("plugged-bytes"));
            bench.device().reset(ResetKind.SYSTEM);
            assertEquals(0, told(bench).get("plugged-bytes"));
            assertEquals(
                    List.of(ADDRESS + "+" + 8 * BLOCK), bench.machine().memory().takeReleased());
        }
    }

    private static void touch(FlatMemory memory, long address) {
        try (var lease = memory.write(address, 8)) {
            lease.segment().set(ValueLayout.JAVA_LONG, 0, 42);
        }
    }

    private static void awaitReclaimed(DeviceBench<MemoryOptions, MemoryState> bench, long bytes)
            throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (told(bench).get("reclaimed-bytes") < bytes && System.nanoTime() < end) {
            bench.machine().clock().advance(Duration.ofSeconds(1));
            Thread.sleep(1);
        }
        assertEquals(bytes, told(bench).get("reclaimed-bytes"));
    }

    /** The guest, which must not, writes there (5.15.6.1): the host's memory does not stay with it. */
    @Test
    void whatIsWrittenWhereNothingIsPluggedIsGivenBackWithinASecondAndBeforeASnapshot() throws InterruptedException {
        try (var bench = bench()) {
            var memory = bench.machine().memory();
            var driver = new VirtioDriver(bench).start(FEATURES);
            ask(driver, MemoryLayout.PLUG, ADDRESS + 2 * BLOCK, 1);
            touch(memory, ADDRESS + BLOCK);
            touch(memory, ADDRESS + 2 * BLOCK);
            awaitReclaimed(bench, 2 * BLOCK);
            assertEquals(List.of(ADDRESS + "+" + 2 * BLOCK), memory.takeReleased());
            touch(memory, ADDRESS + 5 * BLOCK);
            awaitReclaimed(bench, 7 * BLOCK);
            assertEquals(List.of(ADDRESS + 3 * BLOCK + "+" + 5 * BLOCK), memory.takeReleased());
            touch(memory, ADDRESS);
            bench.quiesce();
            assertEquals(List.of(ADDRESS + "+" + 2 * BLOCK), memory.takeReleased());
            try (var lease = memory.read(ADDRESS + 2 * BLOCK, 8)) {
                assertEquals(42, lease.segment().get(ValueLayout.JAVA_LONG, 0), "plugged");
            }
            bench.resume(Resumption.STARTED);
        }
    }

    @Test
    void optionsThatDoNotFitTogetherAreRefused() {
        for (long[] bad : new long[][] {
            {BLOCK + 1, 8 * BLOCK, BLOCK, ADDRESS},
            {9 * BLOCK, 8 * BLOCK, BLOCK, ADDRESS},
            {0, 8 * BLOCK + 4096, BLOCK, ADDRESS},
            {0, 9 * BLOCK, 3 * BLOCK, ADDRESS},
            {0, 8 * BLOCK, BLOCK, ADDRESS + BLOCK},
            {0, 1L << 30, 1L << 30, ADDRESS + (512 << 20)},
        }) {
            assertThrows(IllegalArgumentException.class, () -> new MemoryOptions(bad[0], bad[1], bad[2], bad[3]));
        }
    }

    @Test
    void aStateOfMoreBlocksIsRefused() {
        try (var bench = bench()) {
            MemoryState state = ((MemoryDevice) bench.device()).save();
            var more = new MemoryState(new long[] {1 << 8}, state.virtio());
            // The bench cannot go on then.
            AssertionError refused = assertThrows(AssertionError.class, () -> bench.rehearse(more));
            assertTrue(String.valueOf(refused.getCause()).contains("plugged: block 8: there are 8"), refused::toString);
        }
    }
}
