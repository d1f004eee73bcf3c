package dev.backplane.device.virtio.block.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.part.ConfigurationException;
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
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The block device by the sections of the specification (virtio 1.2, 5.2). */
class BlockTest extends DeviceContract<BlockOptions, BlockState> {
    private static final StorageRef DISK = new StorageRef("device.disk");
    private static final BlockOptions OPTIONS = new BlockOptions(DISK, 2, Optional.of("SERIAL-1"), false);

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
        try (var bench = bench(new BlockOptions(DISK, 1, Optional.empty(), true))) {
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

    @Test
    void aDiskThatHasGrownMeanwhileIsTold() {
        try (var bench = bench(OPTIONS)) {
            var driver = new VirtioDriver(bench).start(0);
            bench.machine().storage(DISK).resize(2 << 20);
            bench.pci().takeMessages();
            bench.swap();
            assertEquals(4096, driver.configuration(0, 8));
            assertEquals(List.of(0), bench.pci().takeMessages());
        }
    }

    @Test
    void aSerialThatIsTooLongIsRefused() {
        var options = new BlockOptions(DISK, 1, Optional.of("123456789012345678901"), false);
        assertThrows(ConfigurationException.class, () -> factory().shape(options));
    }
}
