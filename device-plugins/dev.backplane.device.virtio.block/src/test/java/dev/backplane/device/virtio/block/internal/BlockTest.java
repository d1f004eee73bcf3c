package dev.backplane.device.virtio.block.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.rate.RateLimit;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.DeviceContract;
import dev.backplane.testkit.MemoryStorage;
import dev.backplane.testkit.virtio.VirtioDriver;
import dev.backplane.virtio.internal.PciTransportService;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

/** The block device by the sections of the specification (virtio 1.2, 5.2). */
class BlockTest extends DeviceContract<BlockOptions, BlockState> {
    private static final StorageRef DISK = new StorageRef("device.disk");
    static final BlockOptions OPTIONS = options(2, "SERIAL-1", false);

    private static BlockOptions options(int queues, String serial, boolean readOnly) {
        return new BlockOptions(
                DISK,
                queues,
                serial.isEmpty() ? Optional.empty() : Optional.of(serial),
                readOnly,
                512,
                4096,
                Optional.empty(),
                Optional.empty(),
                true);
    }

    @Override
    protected DeviceFactory<BlockOptions, BlockState> factory() {
        return new BlockFactory(new PciTransportService());
    }

    @Override
    protected BlockOptions options() {
        return OPTIONS;
    }

    @Override
    protected void use(DeviceBench<BlockOptions, BlockState> bench) {
        var driver = new VirtioDriver(bench).start(1 << BlockLayout.F_FLUSH);
        for (int i = 0; i < 40; i++) {
            byte[] sector = new byte[512];
            Arrays.fill(sector, (byte) i);
            assertEquals(0, status(driver, i & 1, request(BlockLayout.T_OUT, i, sector), 0));
        }
    }

    @Override
    protected List<?> observe(DeviceBench<BlockOptions, BlockState> bench) {
        int before = new VirtioDriver(bench).status();
        var driver = new VirtioDriver(bench).start(0);
        byte[] answer = answer(driver, 0, request(BlockLayout.T_IN, 39, new byte[0]), 512);
        return List.of(before, driver.configuration(0, 8), answer.length, answer[0]);
    }

    private static byte[] request(int type, long sector, byte[] data) {
        return ByteBuffer.allocate(16 + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(type)
                .putInt(0)
                .putLong(sector)
                .put(data)
                .array();
    }

    /** What it reads, with the status at the end. */
    private static byte[] answer(VirtioDriver driver, int queue, byte[] request, int bytes) {
        driver.ring(queue).add(request, bytes + 1);
        driver.notify(queue);
        return driver.ring(queue).await();
    }

    private static int status(VirtioDriver driver, int queue, byte[] request, int bytes) {
        byte[] answer = answer(driver, queue, request, bytes);
        return answer[answer.length - 1];
    }

    private DeviceBench<BlockOptions, BlockState> bench(BlockOptions options) {
        return DeviceBench.plug(factory(), options);
    }

    @Test
    void s5_2_4_theConfigurationTellsCapacityAndLimits() {
        try (var bench = bench(OPTIONS)) {
            var driver = new VirtioDriver(bench);
            assertEquals(2048, driver.configuration(0, 8));
            assertEquals(2048, driver.configuration(0, 4));
            assertEquals(512, driver.configuration(20, 4));
            assertEquals(2, driver.configuration(34, 2));
            assertEquals(1, driver.configuration(56, 1));
            assertEquals(254, driver.configuration(12, 4), "pieces of a request");
            assertEquals(3, driver.configuration(24, 1), "a physical block is eight");
            assertEquals(8, driver.configuration(26, 2));
        }
    }

    @Test
    void s5_2_6_whatIsWrittenIsReadWhateverThePieces() {
        Random random = new Random(7);
        try (var bench = bench(OPTIONS)) {
            var driver = new VirtioDriver(bench).start(0);
            byte[] data = new byte[4096];
            random.nextBytes(data);
            assertEquals(0, status(driver, 0, request(BlockLayout.T_OUT, 100, data), 0));
            byte[] read = answer(driver, 1, request(BlockLayout.T_IN, 100, new byte[0]), 4096);
            assertArrayEquals(data, Arrays.copyOf(read, 4096));
            assertEquals(0, read[4096]);
            assertArrayEquals(
                    data,
                    bench.machine().storage(DISK).bytes().asSlice(51200, 4096).toArray(ValueLayout.JAVA_BYTE));
        }
    }

    @Test
    void s5_2_6_requestsBeyondTheCapacityOrInPartsOfSectorsAreErrors() {
        try (var bench = bench(OPTIONS)) {
            var driver = new VirtioDriver(bench).start(0);
            byte[] none = {};
            assertEquals(0, status(driver, 0, request(BlockLayout.T_IN, 2047, none), 512));
            assertEquals(1, status(driver, 0, request(BlockLayout.T_IN, 2048, none), 512));
            assertEquals(1, status(driver, 0, request(BlockLayout.T_IN, 2047, none), 1024));
            assertEquals(1, status(driver, 0, request(BlockLayout.T_IN, -1, none), 512));
            assertEquals(1, status(driver, 0, request(BlockLayout.T_IN, Long.MAX_VALUE, none), 512));
            assertEquals(1, status(driver, 0, request(BlockLayout.T_IN, 0, none), 100));
            assertEquals(1, status(driver, 0, request(BlockLayout.T_OUT, 2047, new byte[1024]), 0));
        }
    }

    @Test
    void s5_2_6_aRequestThatIsNotKnownIsUnsupported() {
        try (var bench = bench(OPTIONS)) {
            var driver = new VirtioDriver(bench).start(0);
            assertEquals(2, status(driver, 0, request(77, 0, new byte[0]), 0));
        }
    }

    @Test
    void s5_2_6_aChainWithoutHeaderOrStatusComesBackUntouched() {
        try (var bench = bench(OPTIONS)) {
            var driver = new VirtioDriver(bench).start(0);
            driver.ring(0).add(new byte[15], 10);
            driver.ring(0).add(new byte[16], 0);
            driver.notify(0);
            assertEquals(0, driver.ring(0).await().length);
            assertEquals(0, driver.ring(0).await().length);
            assertEquals(0, status(driver, 0, request(BlockLayout.T_IN, 0, new byte[0]), 512));
        }
    }

    @Test
    void s5_2_6_aFlushReachesTheDisk() {
        try (var bench = bench(OPTIONS)) {
            var driver = new VirtioDriver(bench).start(1 << BlockLayout.F_FLUSH);
            assertEquals(0, status(driver, 0, request(BlockLayout.T_FLUSH, 0, new byte[0]), 0));
            assertEquals(1, bench.machine().storage(DISK).flushes());
        }
    }

    @Test
    void s5_2_6_theSerialHas20Bytes() {
        try (var bench = bench(OPTIONS)) {
            var driver = new VirtioDriver(bench).start(0);
            byte[] id = answer(driver, 0, request(BlockLayout.T_GET_ID, 0, new byte[0]), 20);
            assertArrayEquals(Arrays.copyOf("SERIAL-1".getBytes(), 20), Arrays.copyOf(id, 20));
            assertEquals(0, id[20]);
        }
    }

    private static byte[] range(long sector, int sectors, int flags) {
        return ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(sector)
                .putInt(sectors)
                .putInt(flags)
                .array();
    }

    @Test
    void s5_2_6_2_writeZeroesAndDiscardTakeRanges() {
        try (var bench = bench(OPTIONS)) {
            var driver = new VirtioDriver(bench).start(1 << BlockLayout.F_DISCARD | 1 << BlockLayout.F_WRITE_ZEROES);
            MemoryStorage disk = bench.machine().storage(DISK);
            disk.bytes().fill((byte) 1);
            assertEquals(0, status(driver, 0, request(BlockLayout.T_WRITE_ZEROES, 0, range(2, 3, 1)), 0));
            assertEquals(1, disk.bytes().get(ValueLayout.JAVA_BYTE, 2 * 512 - 1));
            assertEquals(0, disk.bytes().get(ValueLayout.JAVA_BYTE, 2 * 512));
            assertEquals(0, disk.bytes().get(ValueLayout.JAVA_BYTE, 5 * 512 - 1));
            assertEquals(1, disk.bytes().get(ValueLayout.JAVA_BYTE, 5 * 512));
            assertEquals(0, status(driver, 0, request(BlockLayout.T_DISCARD, 0, range(10, 1, 0)), 0));
            assertEquals(2, status(driver, 0, request(BlockLayout.T_DISCARD, 0, range(10, 1, 1)), 0), "flags");
            assertEquals(2, status(driver, 0, request(BlockLayout.T_WRITE_ZEROES, 0, range(10, 1, 2)), 0));
            assertEquals(1, status(driver, 0, request(BlockLayout.T_WRITE_ZEROES, 0, range(2047, 2, 0)), 0));
            assertEquals(1, status(driver, 0, request(BlockLayout.T_WRITE_ZEROES, 0, new byte[15]), 0));
        }
    }

    @Test
    void aReadOnlyDiskIsOfferedAsOneAndRefusesWrites() {
        try (var bench = bench(options(1, "", true))) {
            var driver = new VirtioDriver(bench);
            assertEquals(1, driver.offered() >> BlockLayout.F_RO & 1);
            assertEquals(0, driver.offered() >> BlockLayout.F_DISCARD & 1);
            driver.start(1 << BlockLayout.F_RO);
            assertEquals(1, status(driver, 0, request(BlockLayout.T_OUT, 0, new byte[512]), 0));
            byte[] id = answer(driver, 0, request(BlockLayout.T_GET_ID, 0, new byte[0]), 20);
            assertEquals('d', id[0], "the device's id");
        }
    }

    @Test
    void aDiskThatFailsIsAnErrorInTheGuest() {
        try (var bench = bench(OPTIONS)) {
            var driver = new VirtioDriver(bench).start(0);
            bench.machine().storage(DISK).fail(StorageException.Kind.IO);
            assertEquals(1, status(driver, 0, request(BlockLayout.T_IN, 0, new byte[0]), 512));
            bench.machine().storage(DISK).fail(null);
            assertEquals(0, status(driver, 0, request(BlockLayout.T_IN, 0, new byte[0]), 512));
        }
    }

    /** 5.2.5.2: "Devices SHOULD always offer VIRTIO_BLK_F_FLUSH", for a disk that is only read, too. */
    @Test
    void s5_2_5_2_flushIsAlwaysOffered() {
        for (boolean readOnly : new boolean[] {false, true}) {
            try (var bench = bench(options(1, "", readOnly))) {
                assertEquals(1, new VirtioDriver(bench).offered() >> BlockLayout.F_FLUSH & 1);
            }
        }
    }

    /** 5.2.5.2: "The device MUST initialize padding bytes unused0 and unused1 to 0." */
    @Test
    void s5_2_5_2_paddingIsZero() {
        try (var bench = bench(OPTIONS)) {
            var driver = new VirtioDriver(bench);
            assertEquals(0, driver.configuration(33, 1));
            assertEquals(0, driver.configuration(56, 4) >>> 8);
        }
    }

    /** 5.2.6.2: "A device MUST set the status byte to VIRTIO_BLK_S_IOERR for a write request if the VIRTIO_BLK_F_RO feature is offered, and MUST NOT write any data." */
    @Test
    void s5_2_6_2_aReadOnlyDiskIsNotWrittenEvenIfTheDriverDoesNotTakeTheFeature() {
        try (var bench = bench(options(1, "", true))) {
            var driver = new VirtioDriver(bench).start(0);
            byte[] data = new byte[512];
            Arrays.fill(data, (byte) 9);
            assertEquals(1, status(driver, 0, request(BlockLayout.T_OUT, 0, data), 0));
            assertEquals(1, status(driver, 0, request(BlockLayout.T_WRITE_ZEROES, 0, range(0, 1, 0)), 0));
            assertEquals(1, status(driver, 0, request(BlockLayout.T_DISCARD, 0, range(0, 1, 0)), 0));
            assertEquals(0, bench.machine().storage(DISK).bytes().get(ValueLayout.JAVA_BYTE, 0));
        }
    }

    /** 5.2.6.2: "After a write zeroes command is completed, reads of the specified ranges of sectors MUST return zeroes", unmap or not. */
    @Test
    void s5_2_6_2_whatWasZeroedReadsAsZeros() {
        try (var bench = bench(OPTIONS)) {
            var driver = new VirtioDriver(bench).start(1 << BlockLayout.F_WRITE_ZEROES);
            for (int unmap = 0; unmap < 2; unmap++) {
                bench.machine().storage(DISK).bytes().fill((byte) 7);
                assertEquals(0, status(driver, 0, request(BlockLayout.T_WRITE_ZEROES, 0, range(5, 2, unmap)), 0));
                byte[] read = answer(driver, 0, request(BlockLayout.T_IN, 4, new byte[0]), 4 * 512);
                for (int i = 0; i < 4 * 512; i++) {
                    assertEquals(i / 512 == 1 || i / 512 == 2 ? 0 : 7, read[i], "byte " + i);
                }
            }
        }
    }

    /** 5.2.6.2: a write "becomes stable once ... a VIRTIO_BLK_T_FLUSH request is sent after the write is completed and is completed itself". */
    @Test
    void s5_2_6_2_aFlushThatFailsIsAnError() {
        try (var bench = bench(OPTIONS)) {
            var driver = new VirtioDriver(bench).start(1 << BlockLayout.F_FLUSH);
            bench.machine().storage(DISK).fail(StorageException.Kind.IO);
            assertEquals(1, status(driver, 0, request(BlockLayout.T_FLUSH, 0, new byte[0]), 0));
        }
    }

    /** 5.2.6.2: FLUSH was offered and not negotiated: "the device MUST ensure that stable writes are committed" before it completes them. */
    @Test
    void s5_2_6_2_whatADriverThatDoesNotFlushHasWrittenIsStable() {
        try (var bench = bench(OPTIONS)) {
            var driver = new VirtioDriver(bench).start(1 << BlockLayout.F_WRITE_ZEROES);
            MemoryStorage disk = bench.machine().storage(DISK);
            assertEquals(0, status(driver, 0, request(BlockLayout.T_OUT, 0, new byte[512]), 0));
            assertEquals(1, disk.flushes());
            assertEquals(0, status(driver, 0, request(BlockLayout.T_WRITE_ZEROES, 0, range(2, 3, 1)), 0));
            assertEquals(2, disk.flushes());
            driver.start(1 << BlockLayout.F_FLUSH);
            assertEquals(0, status(driver, 0, request(BlockLayout.T_OUT, 0, new byte[512]), 0));
            assertEquals(2, disk.flushes());
        }
    }

    /** 5.2.6.2: "The device MAY change the content of the capacity field ... When this happens, the device SHOULD trigger a configuration change notification." */
    @Test
    void s5_2_6_2_aDiskThatHasGrownMeanwhileIsTold() {
        try (var bench = bench(OPTIONS)) {
            var driver = new VirtioDriver(bench).start(0);
            bench.machine().storage(DISK).resize(2 << 20);
            bench.pci().takeMessages();
            bench.swap();
            VirtioDriver.await("the new capacity", () -> driver.configuration(0, 8) == 4096);
            assertMessages(bench, List.of(0));
        }
    }

    private static void assertMessages(DeviceBench<BlockOptions, BlockState> bench, List<Integer> expected) {
        List<Integer> taken = new ArrayList<>();
        VirtioDriver.await("messages " + expected, () -> {
            taken.addAll(bench.pci().takeMessages());
            return taken.size() >= expected.size();
        });
        assertEquals(expected, taken);
    }

    private static BlockOptions with(Optional<Long> capacity, Optional<RateLimit> limit) {
        return new BlockOptions(DISK, 2, Optional.empty(), false, 512, 4096, capacity, limit, true);
    }

    private static void configure(DeviceBench<BlockOptions, BlockState> bench, BlockOptions options)
            throws ConfigurationException {
        ((BlockDevice) bench.device()).configure(options);
    }

    @Test
    void aDiskGrowsWhileTheGuestUsesIt() throws Exception {
        try (var bench = bench(with(Optional.empty(), Optional.empty()))) {
            var driver = new VirtioDriver(bench).start(0);
            byte[] none = {};
            assertEquals(1, status(driver, 0, request(BlockLayout.T_IN, 2048, none), 512));
            bench.pci().takeMessages();
            long generation = driver.common(0x15, 1);
            configure(bench, with(Optional.of(3L << 20), Optional.empty()));
            assertEquals(List.of(0), bench.pci().takeMessages());
            assertEquals(generation + 1, driver.common(0x15, 1));
            assertEquals(6144, driver.configuration(0, 8));
            assertEquals(3 << 20, bench.machine().storage(DISK).bytes().byteSize());
            assertEquals(0, status(driver, 0, request(BlockLayout.T_IN, 6143, none), 512));
        }
    }

    @Test
    void aDiskThatIsUsedDoesNotShrink() throws Exception {
        try (var bench = bench(with(Optional.empty(), Optional.empty()))) {
            var driver = new VirtioDriver(bench).start(0);
            var refused = assertThrows(
                    ConfigurationException.class,
                    () -> configure(bench, with(Optional.of(512L << 10), Optional.empty())));
            assertTrue(refused.getMessage().contains("only grows"), refused.getMessage());
            assertThrows(
                    ConfigurationException.class,
                    () -> configure(bench, with(Optional.of((2L << 20) + 1), Optional.empty())));
            assertEquals(2048, driver.configuration(0, 8));
            assertEquals(1 << 20, bench.machine().storage(DISK).bytes().byteSize());
        }
    }

    @Test
    void aDiskIsGrownWhenTheMachineStarts() {
        try (var bench = bench(with(Optional.of(4L << 20), Optional.empty()))) {
            assertEquals(8192, new VirtioDriver(bench).configuration(0, 8));
        }
    }

    @Test
    void operationsWaitForTheirLimit() throws Exception {
        var limit = new RateLimit(10, 0, 2, 0);
        try (var bench = bench(with(Optional.empty(), Optional.of(limit)))) {
            var driver = new VirtioDriver(bench).start(0);
            for (int i = 0; i < 6; i++) {
                driver.ring(i & 1).add(request(BlockLayout.T_IN, i, new byte[0]), 513);
                driver.notify(i & 1);
            }
            IntSupplier answered =
                    () -> driver.ring(0).waiting() + driver.ring(1).waiting();
            for (int expected = 2; expected <= 6; expected++) {
                int so = expected;
                VirtioDriver.await(so + " answers", () -> answered.getAsInt() == so);
                if (so < 6) {
                    VirtioDriver.await("the next waits", () -> bench.clock().armedTimers() > 0);
                }
                bench.clock().advance(Duration.ofMillis(99));
                bench.state();
                assertEquals(so, answered.getAsInt(), "not before the time");
                bench.clock().advance(Duration.ofMillis(1));
            }
        }
    }

    @Test
    void bytesWaitForTheirLimitUntilItIsLifted() throws Exception {
        var limit = new RateLimit(0, 512, 0, 1024);
        try (var bench = bench(with(Optional.empty(), Optional.of(limit)))) {
            var driver = new VirtioDriver(bench).start(0);
            for (int i = 0; i < 4; i++) {
                driver.ring(0).add(request(BlockLayout.T_OUT, i, new byte[512]), 1);
            }
            driver.notify(0);
            VirtioDriver.await("two answers", () -> driver.ring(0).waiting() == 2);
            VirtioDriver.await("the third waits", () -> bench.clock().armedTimers() == 1);
            configure(bench, with(Optional.empty(), Optional.empty()));
            bench.clock().advance(Duration.ZERO);
            VirtioDriver.await("all answers", () -> driver.ring(0).waiting() == 4);
        }
    }

    @Test
    void whatWaitsForItsLimitIsPutBackWhenTheDeviceComesToRest() {
        var limit = new RateLimit(1, 0, 1, 0);
        try (var bench = bench(with(Optional.empty(), Optional.of(limit)))) {
            var driver = new VirtioDriver(bench).start(0);
            driver.ring(0).add(request(BlockLayout.T_IN, 0, new byte[0]), 513);
            driver.ring(0).add(request(BlockLayout.T_IN, 1, new byte[0]), 513);
            driver.notify(0);
            VirtioDriver.await("the second waits", () -> bench.clock().armedTimers() == 1);
            BlockState state = bench.swap();
            assertEquals(
                    1,
                    state.virtio()
                            .queues()
                            .getFirst()
                            .unfinished()
                            .orElseThrow()
                            .size());
            // A successor's bucket is full.
            VirtioDriver.await("both answers", () -> driver.ring(0).waiting() == 2);
        }
    }

    @Test
    void whatADiskThatIsAwayDoesNotAnswerIsPutBack() {
        for (long features : new long[] {0, VirtioDriver.RING_PACKED}) {
            try (var bench = bench(OPTIONS)) {
                var driver = new VirtioDriver(bench).start(features);
                MemoryStorage disk = bench.machine().storage(DISK);
                CountDownLatch asked = new CountDownLatch(3);
                disk.hold(asked);
                for (int i = 0; i < 3; i++) {
                    driver.ring(0).add(write(i), 1);
                }
                driver.notify(0);
                VirtioDriver.await("all are asked", () -> asked.getCount() == 0);
                disk.fail(StorageException.Kind.AWAY);
                disk.hold(null);
                BlockState state = bench.swap();
                assertEquals(
                        3,
                        state.virtio()
                                .queues()
                                .getFirst()
                                .unfinished()
                                .orElseThrow()
                                .size());
                assertEquals(0, driver.ring(0).waiting());
                bench.quiesce();
                disk.fail(null);
                bench.resume(Resumption.STARTED);
                for (int i = 0; i < 3; i++) {
                    assertArrayEquals(new byte[] {0}, driver.ring(0).await());
                }
                for (int i = 0; i < 3; i++) {
                    assertEquals(i + 1, disk.bytes().get(ValueLayout.JAVA_BYTE, 512L * i));
                }
            }
        }
    }

    @Test
    void aDeviceThatCouldNotComeToRestGoesOnWithWhatItHas() {
        for (long features : new long[] {0, VirtioDriver.RING_PACKED}) {
            try (var bench = bench(OPTIONS)) {
                var driver = new VirtioDriver(bench).start(features);
                MemoryStorage disk = bench.machine().storage(DISK);
                CountDownLatch asked = new CountDownLatch(3);
                disk.hold(asked);
                for (int i = 0; i < 3; i++) {
                    driver.ring(0).add(write(i), 1);
                }
                driver.notify(0);
                VirtioDriver.await("all are asked", () -> asked.getCount() == 0);
                bench.failToQuiesce(Duration.ofMillis(50));
                assertEquals(0, driver.ring(0).waiting());
                disk.hold(null);
                driver.ring(0).add(write(3), 1);
                driver.notify(0);
                for (int i = 0; i < 4; i++) {
                    assertArrayEquals(new byte[] {0}, driver.ring(0).await());
                }
                bench.swap();
                for (int i = 0; i < 4; i++) {
                    assertEquals(i + 1, disk.bytes().get(ValueLayout.JAVA_BYTE, 512L * i));
                }
                assertEquals(0, driver.ring(0).waiting());
            }
        }
    }

    private static byte[] write(int sector) {
        byte[] data = new byte[512];
        Arrays.fill(data, (byte) (sector + 1));
        return request(BlockLayout.T_OUT, sector, data);
    }

    @Test
    void blockSizesThatCannotBeAreRefused() {
        for (int[] sizes : new int[][] {{512, 513}, {1536, 4096}, {4096, 512}}) {
            var options = new BlockOptions(
                    DISK, 1, Optional.empty(), false, sizes[0], sizes[1], Optional.empty(), Optional.empty(), true);
            assertThrows(ConfigurationException.class, () -> factory().shape(options));
        }
    }

    @Test
    void packedRingsAreOfferedUnlessTheOptionsSayOtherwise() {
        try (var bench = bench(OPTIONS)) {
            assertTrue((new VirtioDriver(bench).offered() & VirtioDriver.RING_PACKED) != 0);
        }
        var without =
                new BlockOptions(DISK, 1, Optional.empty(), false, 512, 512, Optional.empty(), Optional.empty(), false);
        try (var bench = bench(without)) {
            assertEquals(0, new VirtioDriver(bench).offered() & VirtioDriver.RING_PACKED);
        }
    }

    @Test
    void aSerialThatIsTooLongIsRefused() {
        var options = options(1, "123456789012345678901", false);
        assertThrows(ConfigurationException.class, () -> factory().shape(options));
    }
}
