package dev.backplane.filter.copyonread.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.Measured;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.storage.qcow2.internal.QcowFormat;
import dev.backplane.storage.qcow2.internal.QcowOptions;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.Qemu;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class CopyOnReadTest {
    private static final StorageRef ON = new StorageRef("below");
    private static final int STRETCH = 64 << 10;
    private static final int CAPACITY = 10 * STRETCH + 5 * Overlay.CLUSTER + 512;

    private final Random random = random();
    private final byte[] base = new byte[CAPACITY];
    private final TestMachine machine = new TestMachine();

    @TempDir
    Path folder = Path.of("");

    private static Random random() {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        return new Random(seed);
    }

    private StorageBench<CopyOnReadOptions, CopyOnReadState> plug(ResizableStorage below) {
        machine.plug(ON, below);
        return StorageBench.plug(new CopyOnReadFilter(), new CopyOnReadOptions(ON), machine);
    }

    private static byte[] read(Storage disk, long offset, int bytes) throws StorageException {
        byte[] read = new byte[bytes];
        disk.read(offset, MemorySegment.ofArray(read));
        return read;
    }

    private static long count(StorageBench<?, ?> bench, String name) {
        return ((Measured) bench.layer()).statistics().getOrDefault(name, -1L);
    }

    @Test
    void whatIsReadIsInTheImageAfterwardsInWholeStretchesAndIsNotLookedForAgain() throws Exception {
        random.nextBytes(base);
        Overlay image = new Overlay(base);
        try (var bench = plug(image)) {
            assertArrayEquals(
                    Arrays.copyOfRange(base, STRETCH + 100, STRETCH + 200), read(bench.layer(), STRETCH + 100, 100));
            for (int at = 0; at < CAPACITY; at += Overlay.CLUSTER) {
                assertEquals(at / STRETCH == 1, image.has(at), "at " + at);
            }
            assertEquals(STRETCH, count(bench, "copied-bytes"));
            assertArrayEquals(base, read(bench.layer(), 0, CAPACITY));
            assertTrue(image.hasAll());
            assertEquals(CAPACITY, count(bench, "copied-bytes"));
            read(bench.layer(), 0, CAPACITY);
            List<String> asked = new ArrayList<>();
            image.hook = (what, offset, bytes) -> asked.add(what);
            assertArrayEquals(base, read(bench.layer(), 0, CAPACITY));
            assertEquals(List.of("read", "has read"), asked);
        }
    }

    @Test
    void zerosAreCopiedAsZeros() throws Exception {
        base[3 * STRETCH] = 1;
        Overlay image = new Overlay(base);
        List<String> changes = new ArrayList<>();
        image.hook = (what, offset, bytes) -> {
            if (what.equals("write") || what.equals("zero")) {
                changes.add("%s %d %d".formatted(what, offset / STRETCH, bytes));
            }
        };
        try (var bench = plug(image)) {
            read(bench.layer(), 0, 1);
            read(bench.layer(), 2 * STRETCH - 1, 2 * STRETCH);
        }
        assertEquals(List.of("zero 0 " + STRETCH, "zero 1 " + 2 * STRETCH, "write 3 " + STRETCH), changes);
    }

    @Test
    void aWriteThatComesDuringACopyComesAfterIt() throws Exception {
        random.nextBytes(base);
        Overlay image = new Overlay(base);
        CountDownLatch copying = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        List<String> order = new CopyOnWriteArrayList<>();
        image.hook = (what, offset, bytes) -> {
            if (what.equals("has read")) {
                copying.countDown();
                awaitUninterrupted(goOn);
            } else if (what.equals("write")) {
                order.add("write of " + bytes);
            }
        };
        try (var bench = plug(image)) {
            FutureTask<byte[]> reading = start(() -> read(bench.layer(), 0, 512));
            copying.await();
            FutureTask<byte[]> writing = start(() -> {
                bench.layer().write(0, MemorySegment.ofArray(new byte[] {1, 2, 3}));
                return new byte[0];
            });
            // Elsewhere nobody waits.
            bench.layer().write(STRETCH, MemorySegment.ofArray(new byte[1]));
            goOn.countDown();
            assertArrayEquals(Arrays.copyOf(base, 512), reading.get());
            writing.get();
            assertEquals(List.of("write of 1", "write of " + STRETCH, "write of 3"), order);
            assertArrayEquals(new byte[] {1, 2, 3, base[3]}, read(bench.layer(), 0, 4));
        }
    }

    @Test
    void nothingIsCopiedWhereAWriteIsUnderWay() throws Exception {
        random.nextBytes(base);
        Overlay image = new Overlay(base);
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        image.hook = (what, offset, bytes) -> {
            if (what.equals("write") && bytes == 3) {
                writing.countDown();
                awaitUninterrupted(goOn);
            }
        };
        try (var bench = plug(image)) {
            FutureTask<byte[]> write = start(() -> {
                bench.layer().write(0, MemorySegment.ofArray(new byte[] {1, 2, 3}));
                return new byte[0];
            });
            writing.await();
            assertArrayEquals(Arrays.copyOf(base, 512), read(bench.layer(), 0, 512));
            assertEquals(0, count(bench, "copied-bytes"));
            goOn.countDown();
            write.get();
            assertArrayEquals(new byte[] {1, 2, 3, base[3]}, read(bench.layer(), 0, 4));
        }
    }

    private static FutureTask<byte[]> start(Callable<byte[]> body) {
        FutureTask<byte[]> task = new FutureTask<>(body);
        Thread.ofPlatform().daemon().start(task);
        return task;
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aCopyThatCannotBeWrittenOrReadFailsNoRead() throws Exception {
        random.nextBytes(base);
        Overlay image = new Overlay(base);
        try (var bench = plug(image)) {
            for (Kind kind : Kind.values()) {
                image.hook = (what, offset, bytes) -> {
                    if (what.equals("write")) {
                        throw new StorageException(kind, "told to fail");
                    }
                };
                assertArrayEquals(Arrays.copyOf(base, 512), read(bench.layer(), 0, 512));
            }
            assertEquals(Kind.values().length - 1, count(bench, "failed-copies"), "all but AWAY");
            // What is broken beside the read is none of its business.
            image.hook = (what, offset, bytes) -> {
                if (what.equals("read") && offset + bytes > 512) {
                    throw new StorageException(Kind.IO, "a bad sector");
                }
            };
            assertArrayEquals(Arrays.copyOf(base, 512), read(bench.layer(), 0, 512));
            var failed = assertThrows(StorageException.class, () -> read(bench.layer(), 0, 513));
            assertEquals(Kind.IO, failed.kind());
            image.hook = null;
            assertFalse(image.has(0));
            image.writable = false;
            assertArrayEquals(base, read(bench.layer(), 0, CAPACITY));
            assertFalse(image.has(0));
        }
    }

    @Test
    void nothingIsCopiedBeforeTheLayerRunsNorAtRest() throws Exception {
        random.nextBytes(base);
        Overlay image = new Overlay(base);
        machine.plug(ON, image);
        var bench = StorageBench.make(new CopyOnReadFilter(), new CopyOnReadOptions(ON), machine);
        assertArrayEquals(base, read(bench.layer(), 0, CAPACITY));
        assertFalse(image.has(0));
        bench.close();
    }

    @Test
    void readsOfSeveralThreadsLeaveNothingOut() throws Exception {
        random.nextBytes(base);
        for (int round = 0; round < 20; round++) {
            Overlay image = new Overlay(base);
            try (var bench = plug(image)) {
                List<FutureTask<byte[]>> tasks = new ArrayList<>();
                int length = STRETCH / 3 + random.nextInt(2 * STRETCH);
                for (int offset = 0; offset < CAPACITY; offset += length) {
                    int begin = offset;
                    tasks.add(start(() -> read(bench.layer(), begin, Math.min(length, CAPACITY - begin))));
                }
                for (FutureTask<byte[]> task : tasks) {
                    task.get();
                }
                assertTrue(image.hasAll(), "reads of " + length);
            }
        }
    }

    @Test
    void copiesAreMadeStableNowAndThenAndAtRest() throws Exception {
        byte[] large = new byte[40 << 20];
        Overlay image = new Overlay(large);
        List<String> flushes = new ArrayList<>();
        image.hook = (what, offset, bytes) -> {
            if (what.equals("flush")) {
                flushes.add(what);
            }
        };
        try (var bench = plug(image)) {
            read(bench.layer(), 0, 15 << 20);
            assertEquals(0, flushes.size());
            read(bench.layer(), 15 << 20, 2 << 20);
            assertEquals(1, flushes.size());
            bench.swap();
            assertEquals(1, flushes.size());
            read(bench.layer(), 20 << 20, 1);
            bench.swap();
            assertEquals(2, flushes.size());
            bench.layer().flush();
        }
        assertEquals(3, flushes.size());
    }

    @Test
    void itFollowsALengthThatChanges() throws Exception {
        random.nextBytes(base);
        Overlay image = new Overlay(base);
        try (var bench = plug(image)) {
            ResizableStorage layer = (ResizableStorage) bench.layer();
            layer.resize(3 * STRETCH + 100);
            assertArrayEquals(Arrays.copyOf(base, 3 * STRETCH + 100), read(layer, 0, 3 * STRETCH + 100));
            assertTrue(image.hasAll());
            layer.resize(20L * STRETCH);
            assertArrayEquals(Arrays.copyOfRange(base, 5 * STRETCH, 6 * STRETCH), read(layer, 5 * STRETCH, STRETCH));
            read(layer, 0, 20 * STRETCH);
            assertTrue(image.hasAll());
            assertThrows(StorageException.class, () -> layer.resize(1L << 40));
            assertEquals(20L * STRETCH, layer.capacityBytes());
        }
    }

    @Test
    void writesOfSeveralThreadsAreNeverOvertakenByCopies() throws Exception {
        random.nextBytes(base);
        byte[] model = base.clone();
        Overlay image = new Overlay(base);
        try (var bench = plug(image)) {
            List<FutureTask<byte[]>> tasks = new ArrayList<>();
            int writers = 4;
            int share = CAPACITY / writers;
            for (int i = 0; i < writers; i++) {
                int begin = i * share;
                Random own = new Random(random.nextLong());
                tasks.add(start(() -> {
                    for (int n = 0; n < 300; n++) {
                        int offset = begin + own.nextInt(share);
                        int bytes = Math.min(own.nextInt(3000), begin + share - offset);
                        byte[] next = new byte[bytes];
                        own.nextBytes(next);
                        bench.layer().write(offset, MemorySegment.ofArray(next));
                        System.arraycopy(next, 0, model, offset, bytes);
                        int from = Math.max(begin, offset - 2000);
                        int to = Math.min(begin + share, offset + bytes + 2000);
                        assertArrayEquals(Arrays.copyOfRange(model, from, to), read(bench.layer(), from, to - from));
                    }
                    return new byte[0];
                }));
                Random any = new Random(random.nextLong());
                tasks.add(start(() -> {
                    for (int n = 0; n < 300; n++) {
                        int offset = any.nextInt(CAPACITY);
                        read(bench.layer(), offset, Math.min(any.nextInt(50_000), CAPACITY - offset));
                    }
                    return new byte[0];
                }));
            }
            for (FutureTask<byte[]> task : tasks) {
                task.get();
            }
            assertArrayEquals(model, read(bench.layer(), 0, CAPACITY));
            assertTrue(count(bench, "copied-bytes") > 0);
        }
    }

    @Test
    void aQcow2ImageStandsAloneOnceAllOfItHasBeenRead() throws Exception {
        Qemu.require();
        StorageRef imageRef = new StorageRef("image");
        StorageRef baseRef = new StorageRef("base");
        random.nextBytes(base);
        Arrays.fill(base, 2 * STRETCH, 5 * STRETCH, (byte) 0);
        Path raw = Files.write(folder.resolve("base.raw"), base);
        Path made = folder.resolve("overlay.qcow2");
        Qemu.must("qemu-img", "create", "-q", "-f", "qcow2", "-b", raw, "-F", "raw", made);
        byte[] bytes = Files.readAllBytes(made);
        machine.storage(imageRef).resize(bytes.length);
        machine.storage(imageRef).write(0, MemorySegment.ofArray(bytes));
        machine.storage(baseRef).resize(CAPACITY);
        machine.storage(baseRef).write(0, MemorySegment.ofArray(base));
        try (var format =
                        StorageBench.plug(new QcowFormat(), new QcowOptions(imageRef, Optional.of(baseRef)), machine);
                var bench = plug((ResizableStorage) format.layer())) {
            for (int i = 0; i < 1000 || count(bench, "copied-bytes") < CAPACITY; i++) {
                int offset = random.nextInt(CAPACITY);
                int length = Math.min(1 + random.nextInt(4096), CAPACITY - offset);
                assertArrayEquals(
                        Arrays.copyOfRange(base, offset, offset + length), read(bench.layer(), offset, length));
            }
            bench.layer().flush();
        }
        Files.write(made, machine.storage(imageRef).bytes().toArray(ValueLayout.JAVA_BYTE));
        Qemu.checkClean("qcow2", made);
        Qemu.must("qemu-img", "rebase", "-u", "-f", "qcow2", "-b", "", made);
        Qemu.compare("qcow2", made, raw);
        // Zeros have been copied as what they are.
        String map = Qemu.must("qemu-img", "map", "--output=json", "-f", "qcow2", made);
        String zeros = "\"start\": %d, \"length\": %d, \"depth\": 0,[^}]*\"data\": false";
        assertTrue(
                Pattern.compile(zeros.formatted(2 * STRETCH, 3 * STRETCH))
                        .matcher(map)
                        .find(),
                map);
    }
}
