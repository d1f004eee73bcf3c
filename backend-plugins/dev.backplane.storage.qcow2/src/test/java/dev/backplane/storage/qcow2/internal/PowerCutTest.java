package dev.backplane.storage.qcow2.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.api.storage.image.ImageSnapshot;
import dev.backplane.api.storage.image.SnapshotStorage;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.PowerCutContract;
import dev.backplane.testkit.image.Qemu;
import dev.backplane.testkit.image.VolatileStorage;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;

class PowerCutTest extends PowerCutContract<QcowOptions, QcowState> {
    private static final StorageRef IMAGE = new StorageRef("cut.qcow2");
    private static final StorageRef BACKING = new StorageRef("base.raw");
    private static final StorageRef DATA = new StorageRef("data.raw");
    private static final int CAPACITY = 1_500_160;
    private static final int FILLED = 200 << 10;
    private static final String SNAPSHOT = "before";
    private static final String[] VARIANTS = {
        "cluster_size=4096",
        "cluster_size=512,refcount_bits=8",
        // The refcount table has to become longer.
        "cluster_size=512,refcount_bits=64",
        "cluster_size=65536",
        "cluster_size=1024,compat=0.10",
        "cluster_size=4096,lazy_refcounts=on",
        "cluster_size=2048,refcount_bits=2",
        "cluster_size=1024,refcount_bits=1",
        "cluster_size=4096,refcount_bits=32,compression_type=zstd",
        "cluster_size=16384,extended_l2=on"
    };

    @TempDir
    Path folder = Path.of("");

    private int judged;

    @Override
    protected StorageOpener<QcowOptions, QcowState> opener() {
        return new QcowFormat();
    }

    @Override
    protected Start<QcowOptions> start(Random random) throws Exception {
        Path image = folder.resolve("made.qcow2");
        String variant = VARIANTS[random.nextInt(VARIANTS.length)];
        return switch (random.nextInt(8)) {
            case 0 -> onBacking(image, variant, random);
            case 1 -> withDataFile(image, random);
            default -> withSnapshot(image, variant, random);
        };
    }

    private Start<QcowOptions> withSnapshot(Path image, String variant, Random random) throws Exception {
        create(image, variant);
        Qemu.must("qemu-io", "-f", "qcow2", "-c", "write -P 9 0 " + FILLED, image);
        byte[] contents = new byte[CAPACITY];
        Arrays.fill(contents, 0, FILLED, (byte) 9);
        Map<String, byte[]> snapshots = Map.of();
        if (!variant.contains("refcount_bits=1")) {
            Qemu.must("qemu-img", "snapshot", "-c", SNAPSHOT, image);
            snapshots = Map.of(SNAPSHOT, contents);
        }
        if (!variant.contains("compat=0.10") && random.nextInt(3) == 0) {
            Qemu.must("qemu-img", "bitmap", "--add", "--disable", "-f", "qcow2", image, "still");
            Qemu.must("qemu-img", "bitmap", "--add", "-f", "qcow2", image, "recording");
        }
        return new Start<>(
                new QcowOptions(IMAGE, Optional.empty()),
                Map.of(IMAGE, Files.readAllBytes(image)),
                contents,
                snapshots);
    }

    /** The backing disk is longer than the disk. */
    private Start<QcowOptions> onBacking(Path image, String variant, Random random) throws Exception {
        byte[] base = new byte[2 * CAPACITY];
        random.nextBytes(base);
        Path backing = Files.write(folder.resolve(BACKING.bay()), base);
        create(image, variant + ",backing_fmt=raw,backing_file=" + backing);
        return new Start<>(
                new QcowOptions(IMAGE, Optional.of(BACKING)),
                Map.of(IMAGE, Files.readAllBytes(image), BACKING, base),
                Arrays.copyOf(base, CAPACITY));
    }

    private Start<QcowOptions> withDataFile(Path image, Random random) throws Exception {
        Path data = folder.resolve(DATA.bay());
        create(image, "data_file=" + data + ",data_file_raw=" + (random.nextBoolean() ? "on" : "off"));
        return new Start<>(
                new QcowOptions(IMAGE, Optional.empty(), Optional.of(DATA), Optional.empty()),
                Map.of(IMAGE, Files.readAllBytes(image), DATA, Files.readAllBytes(data)),
                new byte[CAPACITY]);
    }

    private static void create(Path image, String options) throws Exception {
        Qemu.must("qemu-img", "create", "-q", "-f", "qcow2", "-o", options, image, CAPACITY);
    }

    @Override
    protected void judge(Map<StorageRef, byte[]> left, String when) throws Exception {
        for (var each : left.entrySet()) {
            Files.write(folder.resolve(each.getKey().bay()), each.getValue());
        }
        Path image = folder.resolve(IMAGE.bay());
        Qemu.checkIntact("qcow2", image, when);
        if (judged++ % 10 == 0) {
            compare(left, image, when);
        }
    }

    /** QEMU reads the disk and its snapshots as we do. */
    private void compare(Map<StorageRef, byte[]> left, Path image, String when) throws Exception {
        TestMachine machine = new TestMachine();
        left.forEach((reference, bytes) -> machine.plug(reference, new VolatileStorage(bytes, () -> {})));
        QcowOptions options = new QcowOptions(IMAGE, used(left, BACKING), used(left, DATA), Optional.empty());
        Path raw = folder.resolve("read.raw");
        try (var bench = StorageBench.plug(new QcowFormat(), options, machine)) {
            Map<String, Storage> disks = new LinkedHashMap<>();
            disks.put("", bench.layer());
            SnapshotStorage layer = (SnapshotStorage) bench.layer();
            for (ImageSnapshot each : layer.snapshots()) {
                disks.put(each.id(), layer.openSnapshot(each.id()));
            }
            for (var each : disks.entrySet()) {
                byte[] read = new byte[(int) each.getValue().capacityBytes()];
                each.getValue().read(0, MemorySegment.ofArray(read));
                if (each.getKey().isEmpty()) {
                    Qemu.must("qemu-img", "convert", "-f", "qcow2", "-O", "raw", image, raw);
                } else {
                    String snapshot = "snapshot.id=" + each.getKey();
                    Qemu.must("qemu-img", "convert", "-l", snapshot, "-f", "qcow2", "-O", "raw", image, raw);
                }
                // It gives a snapshot the length that the disk has now.
                byte[] seen = Files.readAllBytes(raw);
                int length = Math.min(seen.length, read.length);
                assertArrayEquals(
                        Arrays.copyOf(seen, length), Arrays.copyOf(read, length), when + " snapshot " + each.getKey());
            }
        }
    }

    private static Optional<StorageRef> used(Map<StorageRef, byte[]> files, StorageRef reference) {
        return files.containsKey(reference) ? Optional.of(reference) : Optional.empty();
    }
}
