package dev.backplane.testkit.image;

import static org.junit.jupiter.api.Assertions.fail;

import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import dev.backplane.api.storage.image.CheckableFormat;
import dev.backplane.api.storage.image.CompressingStorage;
import dev.backplane.api.storage.image.ImageSnapshot;
import dev.backplane.api.storage.image.SnapshotStorage;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The power is cut at any moment, within requests too, while the disk is written, discarded, made longer and shorter, and has snapshots taken,
 * as far as the format can: the image has no corruption, every byte that was flushed is there unless it was written since, each sector that
 * was written since is one of its versions, each snapshot reads as what it was, and the image can be written on. {@code
 * -Dbackplane.cuts=2000} cuts more often.
 *
 * @param <O> the layer's options
 * @param <S> its state
 */
@Timeout(3600)
public abstract class PowerCutContract<O extends Record, S extends Record> {
    private static final int CUTS = Integer.getInteger("backplane.cuts", 200);
    private static final int OPERATIONS = 60;
    private static final int MOST_SNAPSHOTS = 3;

    /**
     * An image that is to be written.
     *
     * @param <O> the layer's options
     * @param options with which it is opened
     * @param files what the options refer to
     * @param contents what the disk reads as, of its length
     * @param snapshots what its snapshots read as, by their names
     */
    public record Start<O extends Record>(
            O options, Map<StorageRef, byte[]> files, byte[] contents, Map<String, byte[]> snapshots) {
        /**
         * An image without snapshots.
         *
         * @param options with which it is opened
         * @param files what the options refer to
         * @param contents what the disk reads as, of its length
         */
        public Start(O options, Map<StorageRef, byte[]> files, byte[] contents) {
            this(options, files, contents, Map.of());
        }
    }

    private int cuts;
    /** Disks become this long at most. */
    private int mostBytes;
    /** The order of tables matters while they are written. */
    private volatile boolean ordering;
    /** What went wrong, as who asked for it may not be told. */
    private volatile @Nullable Throwable failure;

    /** For inheritance. */
    protected PowerCutContract() {}

    /**
     * The format under test.
     *
     * @return a new one or always the same: openers are stateless
     */
    protected abstract StorageOpener<O, S> opener();

    /**
     * Makes an image, of one of the format's variants, with something in it.
     *
     * @param random decides
     * @return the image; its disk has a few MiB at most
     * @throws Exception when it cannot be made
     */
    protected abstract Start<O> start(Random random) throws Exception;

    /**
     * Looks at what a cut has left, before this kit's own look at the contents.
     *
     * @param left the files, of which the judge may keep copies
     * @param when for messages
     * @throws Exception when there is corruption
     */
    protected abstract void judge(Map<StorageRef, byte[]> left, String when) throws Exception;

    /**
     * An image with something else behind its end, which must never be seen.
     *
     * @param image the bytes
     * @param most bytes behind it
     * @param random decides, also whether there is any
     * @return the bytes
     */
    protected static byte[] withRubbish(byte[] image, int most, Random random) {
        byte[] rubbish = new byte[random.nextBoolean() ? random.nextInt(most) : 0];
        random.nextBytes(rubbish);
        byte[] all = Arrays.copyOf(image, image.length + rubbish.length);
        System.arraycopy(rubbish, 0, all, image.length, rubbish.length);
        return all;
    }

    /**
     * What a user of the disk has of it: the layer, or something that stands between.
     *
     * @param layer the layer
     * @return itself unless overridden
     * @throws Exception when it cannot be had
     */
    protected Storage between(Storage layer) throws Exception {
        return layer;
    }

    /**
     * Whether a disk has another length, with zeros where it becomes longer, at once, whatever a power cut leaves.
     *
     * @return true unless overridden, for formats in which the length is that of the file
     */
    protected boolean resizesAtOnce() {
        return true;
    }

    /**
     * How many writes are on their way at once. With more than one a seed does not tell everything any more.
     *
     * @return 1 unless overridden
     */
    protected int writesAtOnce() {
        return 1;
    }

    @Test
    final void noCutLeavesCorruptionOrLosesWhatWasFlushed() throws Exception {
        Qemu.require();
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        int cut = 0;
        int lives = 0;
        for (; cut < CUTS; lives++) {
            cut += life(start(random), random, "seed " + seed + " cut " + cut);
        }
        System.out.printf("%d cuts in %d lives, nothing lost%n", cut, lives);
    }

    /** One image, written while the power is cut (as it may have been) a number of times. */
    private int life(Start<O> start, Random random, String name) throws Exception {
        cuts = 0;
        mostBytes = start.contents().length / 2 * 3;
        DiskHistory history = new DiskHistory(start.contents(), start.snapshots());
        Map<StorageRef, VolatileStorage> files = new LinkedHashMap<>();
        Runnable moment = () -> {
            if (failure == null && random.nextInt(ordering ? 12 : 300) == 0) {
                judge(start.options(), cut(files, random), history, random, name + "+" + cuts++);
            }
        };
        TestMachine machine = new TestMachine();
        start.files().forEach((reference, bytes) -> {
            VolatileStorage file = new VolatileStorage(bytes, moment);
            files.put(reference, file);
            machine.plug(reference, file);
        });
        try (var bench = StorageBench.plug(opener(), start.options(), machine)) {
            Storage disk = between(bench.layer());
            for (int i = 0; i < OPERATIONS; i++) {
                ordering = false;
                try {
                    operation(disk, history, random, i);
                } finally {
                    failIfJudged();
                }
                if (random.nextInt(30) == 0) {
                    String when = name + "+" + cuts++ + " behind operation " + i;
                    judge(start.options(), cut(files, random), history, random, when);
                }
            }
        }
        return cuts;
    }

    private void failIfJudged() {
        Throwable told = failure;
        if (told != null) {
            throw new AssertionError(told.getMessage(), told);
        }
    }

    private void operation(Storage disk, DiskHistory history, Random random, int number) throws StorageException {
        int length = history.now().length;
        int offset = random.nextInt(length);
        int most = random.nextInt(12) == 0 ? 300_000 : 20_000;
        int bytes = Math.min(random.nextInt(most), length - offset);
        switch (random.nextInt(14)) {
            case 0, 1 -> {
                ordering = true;
                disk.flush();
                history.isFlushed();
            }
            case 2 -> {
                history.write(offset, new byte[bytes]);
                disk.zero(offset, bytes, random.nextBoolean());
            }
            case 3 -> {
                history.write(offset, new byte[bytes]);
                disk.discard(offset, bytes);
                byte[] left = new byte[bytes];
                disk.read(offset, MemorySegment.ofArray(left));
                history.write(offset, left);
            }
            case 4 -> compress(disk, history, random);
            case 5 -> resize(disk, history, random);
            case 6, 7 -> {
                if (disk instanceof SnapshotStorage snapshots) {
                    changeSnapshots(snapshots, history, random, number);
                }
            }
            default -> {
                byte[] all = new byte[bytes];
                random.nextBytes(all);
                history.write(offset, all);
                write(disk, offset, all);
            }
        }
    }

    private void write(Storage disk, int offset, byte[] bytes) throws StorageException {
        int parts = writesAtOnce();
        if (parts == 1) {
            disk.write(offset, MemorySegment.ofArray(bytes));
            return;
        }
        // Sectors stay whole.
        int step = bytes.length / parts / 512 * 512 + 512;
        int first = Math.min(bytes.length, step - offset % 512);
        List<Future<?>> all = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(parts)) {
            for (int from = 0, end = first; from < bytes.length; from = end, end = Math.min(bytes.length, end + step)) {
                int at = from;
                MemorySegment part = MemorySegment.ofArray(bytes).asSlice(from, end - from);
                all.add(threads.submit(() -> {
                    disk.write(offset + at, part);
                    return null;
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StorageException told) {
                throw told;
            }
            throw new AssertionError(e.getCause());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Units of which nothing has been written, as far as the bytes tell. */
    private static void compress(Storage disk, DiskHistory history, Random random) throws StorageException {
        if (!(disk instanceof CompressingStorage compressing) || !compressing.compressesInAnyOrder()) {
            return;
        }
        int unit = compressing.compressedUnitBytes();
        int units = (history.now().length + unit - 1) / unit;
        int first = random.nextInt(units);
        for (int each = first; each < Math.min(units, first + 8); each++) {
            int begin = each * unit;
            int end = Math.min(begin + unit, history.now().length);
            if (Arrays.mismatch(history.now(), begin, end, new byte[end - begin], 0, end - begin) < 0) {
                byte[] bytes = new byte[end - begin];
                int filled = random.nextInt(bytes.length);
                for (int i = 0; i < filled; i++) {
                    bytes[i] = (byte) (random.nextInt() & 3);
                }
                history.write(begin, bytes);
                try {
                    compressing.writeCompressed(begin, MemorySegment.ofArray(bytes));
                } catch (StorageException e) {
                    mustBe(StorageException.Kind.UNSUPPORTED, e);
                    history.write(begin, new byte[bytes.length]);
                }
            }
        }
    }

    /** A format that cannot have a length says so, and nothing happens. */
    private void resize(Storage disk, DiskHistory history, Random random) throws StorageException {
        if (disk instanceof ResizableStorage resizable) {
            byte[] before = history.now();
            int to = Math.max(1, (int) (before.length * (0.75 + random.nextDouble() / 2)) / 512) * 512;
            if (to > mostBytes) {
                return;
            }
            ordering = true;
            history.resize(to, resizesAtOnce());
            try {
                resizable.resize(to);
            } catch (StorageException e) {
                mustBe(StorageException.Kind.UNSUPPORTED, e);
                history.takeBack(before);
            }
        }
    }

    private void changeSnapshots(SnapshotStorage disk, DiskHistory history, Random random, int number)
            throws StorageException {
        List<String> names = history.names();
        String some = names.isEmpty() ? "" : names.get(random.nextInt(names.size()));
        ordering = true;
        boolean done = true;
        try {
            if (names.isEmpty() || names.size() < MOST_SNAPSHOTS && random.nextBoolean()) {
                String name = "snapshot " + number;
                history.create(name);
                disk.createSnapshot(name);
            } else if (random.nextBoolean()) {
                history.apply(some);
                disk.applySnapshot(some);
            } else {
                history.delete(some);
                disk.deleteSnapshot(some);
            }
        } catch (StorageException e) {
            mustBe(StorageException.Kind.UNSUPPORTED, e);
            done = false;
        }
        history.isSettled(done);
    }

    private static void mustBe(StorageException.Kind kind, StorageException e) throws StorageException {
        if (e.kind() != kind) {
            throw e;
        }
    }

    private static Map<StorageRef, byte[]> cut(Map<StorageRef, VolatileStorage> files, Random random) {
        Map<StorageRef, byte[]> left = new LinkedHashMap<>();
        files.forEach((reference, file) -> left.put(reference, file.cut(random)));
        return left;
    }

    private void judge(O options, Map<StorageRef, byte[]> left, DiskHistory history, Random random, String when) {
        boolean before = ordering;
        try {
            judge(left, when);
            TestMachine machine = new TestMachine();
            Map<StorageRef, VolatileStorage> files = new LinkedHashMap<>();
            left.forEach((reference, bytes) -> {
                VolatileStorage file = new VolatileStorage(bytes, () -> {});
                files.put(reference, file);
                machine.plug(reference, file);
            });
            ownCheck(options, machine, when);
            try (var bench = StorageBench.plug(opener(), options, machine)) {
                byte[] read = readAll(bench.layer());
                history.check(read, when);
                DiskHistory next = new DiskHistory(read, Map.of());
                if (bench.layer() instanceof SnapshotStorage disk) {
                    checkSnapshots(disk, history, when);
                }
                writeOn(bench, next, random, when);
                bench.layer().flush();
            }
            if (random.nextInt(4) == 0) {
                judge(cut(files, random), when + ", written on");
            }
        } catch (Exception | AssertionError e) {
            failure = e;
            throw new AssertionError(when, e);
        } finally {
            ordering = before;
        }
    }

    private static void checkSnapshots(SnapshotStorage disk, DiskHistory history, String when) throws StorageException {
        Set<String> names = new HashSet<>();
        for (ImageSnapshot each : disk.snapshots()) {
            names.add(each.name());
        }
        history.checkNames(names, when);
        for (String each : names) {
            history.checkSnapshot(each, readAll(disk.openSnapshot(each)), when);
        }
    }

    private void ownCheck(O options, TestMachine machine, String when) throws Exception {
        if (opener() instanceof CheckableFormat<?>) {
            @SuppressWarnings("unchecked")
            CheckableFormat<O> format = (CheckableFormat<O>) opener();
            CheckReport report = format.check(options, StorageBench.context(machine), CheckMode.REPORT);
            if (report.corruptions() > 0) {
                fail(when + ": " + report);
            }
        }
    }

    /** What a cut has left is an image like any other. */
    private void writeOn(StorageBench<O, S> bench, DiskHistory next, Random random, String when)
            throws StorageException {
        for (int i = 0; i < 5; i++) {
            operation(bench.layer(), next, random, OPERATIONS + i);
        }
        bench.swap();
        if (!Arrays.equals(next.now(), readAll(bench.layer()))) {
            fail(when + ": it cannot be written on");
        }
    }

    private static byte[] readAll(Storage disk) throws StorageException {
        byte[] all = new byte[(int) disk.capacityBytes()];
        disk.read(0, MemorySegment.ofArray(all));
        return all;
    }
}
