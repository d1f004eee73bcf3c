package dev.backplane.device.nvme.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.storage.StorageException;
import dev.backplane.device.nvme.internal.NvmeDriver.Request;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** I/O commands by the sections of NVMe 1.4. */
@Timeout(60)
class NamespaceTest {
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private static final long DATA = NvmeDriver.DATA;
    private static final int PAGE = NvmeDriver.PAGE;
    private static final long LIST = 0xe_0000;
    private static final int FUA = 1 << 30;

    private static Request blocks(int opcode, long block, int count) {
        return Request.blocks(opcode, block, count);
    }

    private static Request flagged(int opcode, int block, int count, int flags) {
        return Request.of(opcode, 1).with(block, 0, count - 1 | flags);
    }

    private static void list(NvmeDriver driver, long at, long... entries) {
        for (int i = 0; i < entries.length; i++) {
            driver.memory().set(LONG, at + 8L * i, entries[i]);
        }
    }

    @Test
    void aControllerThatCouldNotComeToRestGoesOnWithWhatItHas() {
        try (var bench = NvmeDriver.plug()) {
            var driver = new NvmeDriver(bench).start(1);
            CountDownLatch asked = new CountDownLatch(3);
            driver.disk().hold(asked);
            driver.memory().asSlice(DATA, 512).fill((byte) 7);
            for (int i = 0; i < 3; i++) {
                driver.put(1, blocks(Opcode.WRITE, i, 1).data(DATA, 0));
            }
            driver.ring(1);
            NvmeDriver.await("all are asked", () -> asked.getCount() == 0);
            bench.failToQuiesce(Duration.ofMillis(50));
            driver.disk().hold(null);
            driver.put(1, blocks(Opcode.WRITE, 3, 1).data(DATA, 0));
            driver.ring(1);
            for (int i = 0; i < 4; i++) {
                assertEquals(Status.SUCCESS, driver.answer(1).status());
            }
            bench.swap();
            assertTrue(driver.isSilent(1));
            for (int i = 0; i < 4; i++) {
                assertEquals(7, driver.disk().bytes().get(BYTE, 512L * i));
            }
        }
    }

    @Test
    void s6_whatIsWrittenIsReadWhateverThePages() {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        try (var bench = NvmeDriver.plug()) {
            var driver = new NvmeDriver(bench).start(1);
            MemorySegment disk = driver.disk().bytes();
            for (int round = 0; round < 200; round++) {
                int count = 1 + random.nextInt(128);
                long block = random.nextInt(2048 - count);
                int offset = random.nextInt(PAGE / 4) * 4;
                boolean write = random.nextBoolean();
                byte[] data = new byte[count * 512];
                random.nextBytes(data);
                // Some pages adjoin, some do not.
                int step = random.nextBoolean() ? PAGE : 2 * PAGE;
                long[] pages = new long[(offset + data.length + PAGE - 1) / PAGE];
                for (int i = 0; i < pages.length; i++) {
                    pages[i] = DATA + (long) i * step;
                }
                scatter(driver, pages, offset, write ? data : new byte[data.length]);
                if (!write) {
                    MemorySegment.copy(data, 0, disk, BYTE, block * 512, data.length);
                }
                long second = pages.length == 2 ? pages[1] : LIST + 8L * random.nextInt(512);
                if (pages.length > 2) {
                    second = chain(driver, pages, second);
                }
                var request = blocks(write ? Opcode.WRITE : Opcode.READ, block, count)
                        .data(pages[0] + offset, pages.length == 1 ? 0 : second);
                assertEquals(Status.SUCCESS, driver.statusOf(request));
                byte[] seen = write
                        ? disk.asSlice(block * 512, data.length).toArray(BYTE)
                        : gather(driver, pages, offset, data.length);
                assertArrayEquals(data, seen);
            }
        }
    }

    /** A list that begins anywhere, and goes on in another page where the first does not suffice (4.3). */
    private static long chain(NvmeDriver driver, long[] pages, long at) {
        int room = (int) (PAGE - at % PAGE) / 8;
        int needed = pages.length - 1;
        for (int i = 0; i < Math.min(needed, room); i++) {
            list(driver, at + 8L * i, pages[1 + i]);
        }
        if (needed > room) {
            list(driver, at + 8L * (room - 1), LIST + PAGE);
            for (int i = room - 1; i < needed; i++) {
                list(driver, LIST + PAGE + 8L * (i - room + 1), pages[1 + i]);
            }
        }
        return at;
    }

    private static void scatter(NvmeDriver driver, long[] pages, int offset, byte[] data) {
        for (int i = 0; i < data.length; i++) {
            int at = offset + i;
            driver.memory().set(BYTE, pages[at / PAGE] + at % PAGE, data[i]);
        }
    }

    private static byte[] gather(NvmeDriver driver, long[] pages, int offset, int length) {
        byte[] data = new byte[length];
        for (int i = 0; i < length; i++) {
            int at = offset + i;
            data[i] = driver.memory().get(BYTE, pages[at / PAGE] + at % PAGE);
        }
        return data;
    }

    @Test
    void s6_blocksBeyondTheCapacityAreRefused() {
        try (var bench = NvmeDriver.plug()) {
            var driver = new NvmeDriver(bench).start(1);
            for (int opcode : new int[] {Opcode.READ, Opcode.WRITE, Opcode.WRITE_ZEROES}) {
                assertEquals(
                        Status.SUCCESS, driver.statusOf(blocks(opcode, 2047, 1).data(DATA, 0)));
                for (long block : new long[] {2048, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 55}) {
                    var request = blocks(opcode, block, 1).data(DATA, 0);
                    assertEquals(Status.LBA_OUT_OF_RANGE, driver.statusOf(request));
                }
                assertEquals(
                        Status.LBA_OUT_OF_RANGE,
                        driver.statusOf(blocks(opcode, 2047, 2).data(DATA, 0)));
            }
        }
    }

    @Test
    void s6_1_5_onlyTheNamespaceThatThereIsIsTaken() {
        try (var bench = NvmeDriver.plug()) {
            var driver = new NvmeDriver(bench).start(1);
            for (int opcode :
                    new int[] {Opcode.READ, Opcode.WRITE, Opcode.WRITE_ZEROES, Opcode.DATASET_MANAGEMENT, Opcode.FLUSH
                    }) {
                for (int namespace : new int[] {0, 2, -2}) {
                    var request = Request.of(opcode, namespace).data(DATA, 0);
                    assertEquals(Status.INVALID_NAMESPACE, driver.statusOf(request), "opcode " + opcode);
                }
            }
            assertEquals(Status.SUCCESS, driver.statusOf(Request.of(Opcode.FLUSH, -1)));
            assertEquals(
                    Status.INVALID_NAMESPACE,
                    driver.statusOf(Request.of(Opcode.READ, -1).data(DATA, 0)));
        }
    }

    @Test
    void s5_15_commandsOfMoreThanTheLimitAreRefused() {
        var options = new NvmeOptions(NvmeDriver.DISK, 1, Optional.empty(), 4096, false);
        try (var bench = NvmeDriver.plug(options)) {
            var driver = new NvmeDriver(bench);
            driver.disk().resize(4 << 20);
            driver.start(1);
            bench.swap();
            assertEquals(1024, driver.identify(0, 1).get(LONG, 0));
            assertEquals(12 << 16, driver.identify(0, 1).get(INT, 128));
            assertEquals(
                    Status.INVALID_FIELD,
                    driver.statusOf(blocks(Opcode.READ, 0, 257).data(DATA, LIST)));
            // The same page again and again is the guest's affair.
            long[] same = new long[255];
            Arrays.fill(same, DATA);
            list(driver, LIST, same);
            driver.disk().bytes().fill((byte) 5);
            assertEquals(
                    Status.SUCCESS, driver.statusOf(blocks(Opcode.READ, 0, 256).data(DATA, LIST)));
            assertEquals(5, driver.memory().get(BYTE, DATA + 4095));
            assertEquals(Status.SUCCESS, driver.statusOf(blocks(Opcode.WRITE_ZEROES, 0, 1024)), "no data");
            assertEquals(0, driver.disk().bytes().get(BYTE, (4 << 20) - 1));
        }
    }

    @Test
    void s6_8_aFlushReachesTheDiskAndSoDoesForceUnitAccess() {
        try (var bench = NvmeDriver.plug()) {
            var driver = new NvmeDriver(bench).start(1);
            driver.statusOf(Request.of(Opcode.FLUSH, 1));
            assertEquals(1, driver.disk().flushes());
            driver.statusOf(blocks(Opcode.WRITE, 0, 1).data(DATA, 0));
            assertEquals(1, driver.disk().flushes());
            driver.statusOf(flagged(Opcode.WRITE, 0, 1, FUA).data(DATA, 0));
            assertEquals(2, driver.disk().flushes());
            driver.statusOf(flagged(Opcode.WRITE_ZEROES, 0, 1, FUA));
            assertEquals(3, driver.disk().flushes());
            driver.succeed(Request.of(Opcode.SET_FEATURES, 0).with(6, 0));
            driver.statusOf(blocks(Opcode.WRITE, 0, 1).data(DATA, 0));
            assertEquals(4, driver.disk().flushes(), "without a write cache");
        }
    }

    @Test
    void s6_7_rangesAreDeallocatedWhereAllCanBe() {
        try (var bench = NvmeDriver.plug()) {
            var driver = new NvmeDriver(bench).start(1);
            MemorySegment disk = driver.disk().bytes();
            disk.fill((byte) 1);
            range(driver, 0, 2, 3);
            range(driver, 1, 100, 1);
            var request = Request.of(Opcode.DATASET_MANAGEMENT, 1).data(DATA, 0);
            assertEquals(Status.SUCCESS, driver.statusOf(request.with(1, 0)));
            assertEquals(1, disk.get(BYTE, 2 * 512), "advice is not followed");
            range(driver, 1, 2048, 1);
            assertEquals(Status.LBA_OUT_OF_RANGE, driver.statusOf(request.with(1, 4)));
            assertEquals(1, disk.get(BYTE, 2 * 512), "none is touched");
            range(driver, 1, 100, 1);
            assertEquals(Status.SUCCESS, driver.statusOf(request.with(1, 4)));
            assertEquals(1, disk.get(BYTE, 2 * 512 - 1));
            assertEquals(0, disk.get(BYTE, 2 * 512));
            assertEquals(0, disk.get(BYTE, 5 * 512 - 1));
            assertEquals(1, disk.get(BYTE, 5 * 512));
            assertEquals(0, disk.get(BYTE, 100 * 512));
            assertEquals(
                    Status.DATA_TRANSFER_ERROR,
                    driver.statusOf(request.data(0x10_0000, 0).with(255, 4)));
        }
    }

    private static void range(NvmeDriver driver, int index, long block, int count) {
        driver.memory().set(INT, DATA + 16 * index, 0);
        driver.memory().set(INT, DATA + 16 * index + 4, count);
        driver.memory().set(LONG, DATA + 16 * index + 8, block);
    }

    @Test
    void aReadOnlyNamespaceSaysSoAndRefusesWrites() {
        var options = new NvmeOptions(NvmeDriver.DISK, 1, Optional.empty(), 512, true);
        try (var bench = NvmeDriver.plug(options)) {
            var driver = new NvmeDriver(bench).start(1);
            assertEquals(1, driver.identify(0, 1).get(BYTE, 99));
            range(driver, 0, 0, 1);
            assertEquals(
                    Status.WRITE_PROTECTED,
                    driver.statusOf(blocks(Opcode.WRITE, 0, 1).data(DATA, 0)));
            assertEquals(Status.WRITE_PROTECTED, driver.statusOf(blocks(Opcode.WRITE_ZEROES, 0, 1)));
            var ranges = Request.of(Opcode.DATASET_MANAGEMENT, 1).data(DATA, 0);
            assertEquals(Status.WRITE_PROTECTED, driver.statusOf(ranges.with(0, 4)));
            assertEquals(
                    Status.SUCCESS, driver.statusOf(blocks(Opcode.READ, 0, 1).data(DATA, 0)));
        }
    }

    @Test
    void s4_6_aDiskThatFailsIsAnErrorInTheGuest() {
        try (var bench = NvmeDriver.plug()) {
            var driver = new NvmeDriver(bench).start(1);
            var read = blocks(Opcode.READ, 0, 1).data(DATA, 0);
            var write = blocks(Opcode.WRITE, 0, 1).data(DATA, 0);
            driver.disk().fail(StorageException.Kind.IO);
            assertEquals(Status.UNRECOVERED_READ_ERROR, driver.statusOf(read));
            assertEquals(Status.WRITE_FAULT, driver.statusOf(write));
            assertEquals(Status.WRITE_FAULT, driver.statusOf(Request.of(Opcode.FLUSH, 1)));
            driver.disk().fail(StorageException.Kind.NO_SPACE);
            assertEquals(Status.CAPACITY_EXCEEDED, driver.statusOf(write));
            driver.disk().fail(StorageException.Kind.AWAY);
            assertEquals(Status.NAMESPACE_NOT_READY, driver.statusOf(write));
            driver.disk().fail(null);
            driver.disk().writable(false);
            assertEquals(Status.WRITE_PROTECTED, driver.statusOf(write));
            assertEquals(Status.SUCCESS, driver.statusOf(read));
        }
    }
}
