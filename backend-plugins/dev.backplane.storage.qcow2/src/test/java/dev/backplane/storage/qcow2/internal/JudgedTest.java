package dev.backplane.storage.qcow2.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageRef;
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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images that we write are read by QEMU's tools, and the other way round. */
@Timeout(300)
class JudgedTest {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final StorageRef BASE = new StorageRef("base");
    private static final int CAPACITY = 5_000_192;

    @TempDir
    Path folder;

    private final TestMachine machine = new TestMachine();

    private QcowImages images = new QcowImages(machine, Path.of(""));

    @BeforeEach
    void require() {
        Qemu.require();
        images = new QcowImages(machine, folder);
    }

    private StorageBench<QcowOptions, QcowState> open(Optional<StorageRef> backing) {
        return StorageBench.plug(new QcowFormat(), new QcowOptions(IMAGE, backing), machine);
    }

    private static void exercise(Storage disk, byte[] model, Random random, int operations) throws StorageException {
        for (int i = 0; i < operations; i++) {
            int offset = random.nextInt(model.length);
            int length = Math.min(random.nextInt(random.nextInt(8) == 0 ? 300_000 : 9000), model.length - offset);
            switch (random.nextInt(8)) {
                case 0 -> {
                    disk.zero(offset, length, random.nextBoolean());
                    Arrays.fill(model, offset, offset + length, (byte) 0);
                }
                case 1 -> disk.flush();
                case 2 -> {
                    // Whole sectors of a disk whose discarded clusters read as zeros, or stay as they were.
                    disk.discard(offset, length);
                    MemorySegment.copy(
                            MemorySegment.ofArray(QcowImages.readAll(disk)),
                            offset,
                            MemorySegment.ofArray(model),
                            offset,
                            length);
                }
                default -> {
                    byte[] bytes = new byte[length];
                    random.nextBytes(bytes);
                    disk.write(offset, MemorySegment.ofArray(bytes));
                    System.arraycopy(bytes, 0, model, offset, length);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "compat=1.1",
                "compat=0.10",
                "cluster_size=512",
                "cluster_size=2M",
                "cluster_size=4096,refcount_bits=1",
                "cluster_size=1024,refcount_bits=2",
                "refcount_bits=4",
                "refcount_bits=8",
                "refcount_bits=32",
                "refcount_bits=64",
                "cluster_size=8192,lazy_refcounts=on"
            })
    void whatWeWriteIsReadByQemuAndFreeOfLeaks(String options) throws Exception {
        Random random = QcowImages.random();
        images.create(IMAGE, options, CAPACITY);
        byte[] model = new byte[CAPACITY];
        try (var bench = open(Optional.empty())) {
            exercise(bench.layer(), model, random, 60);
            bench.swap();
            exercise(bench.layer(), model, random, 60);
            assertArrayEquals(model, QcowImages.readAll(bench.layer()));
            bench.quiesce();
            bench.layer().save();
        }
        Path image = images.store(IMAGE, "written.qcow2");
        Qemu.checkClean("qcow2", image);
        Path raw = Files.write(folder.resolve("model.raw"), model);
        Qemu.must("qemu-img", "compare", "-f", "qcow2", "-F", "raw", image, raw);
    }

    @ParameterizedTest
    @ValueSource(strings = {"zlib", "zstd"})
    void compressedImagesOfQemuAreReadAndWrittenOver(String compression) throws Exception {
        Random random = QcowImages.random();
        byte[] model = new byte[CAPACITY];
        for (int i = 0; i < 60; i++) {
            Arrays.fill(model, random.nextInt(CAPACITY - 70_000), CAPACITY, (byte) random.nextInt());
        }
        Path raw = Files.write(folder.resolve("model.raw"), model);
        Path image = folder.resolve("compressed.qcow2");
        Qemu.must(
                "qemu-img",
                "convert",
                "-f",
                "raw",
                "-O",
                "qcow2",
                "-c",
                "-o",
                "compression_type=" + compression,
                raw,
                image);
        images.load(IMAGE, image);
        try (var bench = open(Optional.empty())) {
            assertArrayEquals(model, QcowImages.readAll(bench.layer()));
            exercise(bench.layer(), model, random, 40);
            bench.layer().flush();
        }
        Path written = images.store(IMAGE, "written.qcow2");
        Qemu.checkClean("qcow2", written);
        Files.write(raw, model);
        Qemu.must("qemu-img", "compare", "-f", "qcow2", "-F", "raw", written, raw);
    }

    @Test
    void whatQemuIoWritesIsReadByUs() throws Exception {
        Random random = QcowImages.random();
        Path image = images.create(IMAGE, "cluster_size=16384", CAPACITY);
        byte[] model = new byte[CAPACITY];
        List<Object> command = new ArrayList<>(List.of("qemu-io", "-f", "qcow2"));
        for (int i = 0; i < 50; i++) {
            int offset = random.nextInt(CAPACITY / 512 - 100) * 512;
            int length = random.nextInt(1, 100) * 512;
            int pattern = random.nextInt(256);
            boolean zero = random.nextInt(5) == 0;
            command.addAll(List.of(
                    "-c",
                    zero
                            ? "write -z %d %d".formatted(offset, length)
                            : "write -P %d %d %d".formatted(pattern, offset, length)));
            Arrays.fill(model, offset, offset + length, zero ? 0 : (byte) pattern);
        }
        command.add(image);
        Qemu.must(command.toArray());
        images.load(IMAGE, image);
        try (var bench = open(Optional.empty())) {
            assertArrayEquals(model, QcowImages.readAll(bench.layer()));
        }
    }

    @Test
    void anOverlayShowsItsBackingDiskUntilItIsWritten() throws Exception {
        Random random = QcowImages.random();
        byte[] base = new byte[3_000_000];
        random.nextBytes(base);
        Path raw = Files.write(folder.resolve("base.raw"), base);
        Path image = folder.resolve("overlay.qcow2");
        Qemu.must("qemu-img", "create", "-q", "-f", "qcow2", "-b", raw, "-F", "raw", image, CAPACITY);
        images.load(IMAGE, image);
        images.load(BASE, raw);
        byte[] model = Arrays.copyOf(base, CAPACITY);
        try (var bench = open(Optional.of(BASE))) {
            assertArrayEquals(model, QcowImages.readAll(bench.layer()));
            exercise(bench.layer(), model, random, 80);
            bench.layer().flush();
        }
        Path written = images.store(IMAGE, "overlay.qcow2");
        Qemu.checkClean("qcow2", written);
        Path expected = Files.write(folder.resolve("model.raw"), model);
        Qemu.must("qemu-img", "compare", "-f", "qcow2", "-F", "raw", written, expected);
        assertArrayEquals(base, machine.storage(BASE).bytes().toArray(ValueLayout.JAVA_BYTE));
    }

    @Test
    void aBackingFileIsNotFollowedUnlessItIsDeclared() throws Exception {
        Path raw = Files.write(folder.resolve("base.raw"), new byte[4096]);
        Path image = folder.resolve("overlay.qcow2");
        Qemu.must("qemu-img", "create", "-q", "-f", "qcow2", "-b", raw, "-F", "raw", image);
        images.load(IMAGE, image);
        var refused = assertThrows(
                ConfigurationException.class,
                () -> StorageBench.make(new QcowFormat(), new QcowOptions(IMAGE, Optional.empty()), machine));
        assertTrue(
                refused.getMessage().startsWith("backing: the image names the backing file \"" + raw),
                refused::getMessage);
        assertTrue(refused.getMessage().endsWith("{format: raw, file: " + raw + "}"), refused::getMessage);
    }

    @Test
    void clustersThatASnapshotHasAreNotTouched() throws Exception {
        Random random = QcowImages.random();
        Path image = images.create(IMAGE, "cluster_size=4096", CAPACITY);
        Qemu.must("qemu-io", "-f", "qcow2", "-c", "write -P 7 0 1M", image);
        Qemu.must("qemu-img", "snapshot", "-c", "before", image);
        images.load(IMAGE, image);
        byte[] model = new byte[CAPACITY];
        Arrays.fill(model, 0, 1 << 20, (byte) 7);
        try (var bench = open(Optional.empty())) {
            exercise(bench.layer(), model, random, 60);
            bench.layer().flush();
        }
        Path written = images.store(IMAGE, "written.qcow2");
        Qemu.checkClean("qcow2", written);
        Qemu.must("qemu-img", "snapshot", "-a", "before", written);
        Qemu.checkClean("qcow2", written);
        Qemu.must("qemu-io", "-f", "qcow2", "-c", "read -P 7 0 1M", "-c", "read -P 0 1M 1M", written);
    }

    @Test
    void whatIsNoImageOrOneThatWeDoNotKnowIsRefusedWithAReason() throws Exception {
        Path image = images.create(IMAGE, "compat=1.1", CAPACITY);
        record Damage(long at, int value, StorageException.Kind kind, String says) {}
        for (Damage damage : new Damage[] {
            new Damage(0, 0x4d5a, StorageException.Kind.INVALID_FORMAT, "not a qcow2 image"),
            new Damage(4, 4, StorageException.Kind.UNSUPPORTED, "version 4"),
            new Damage(20, 8, StorageException.Kind.CORRUPT, "cluster_bits 8"),
            new Damage(32, 1, StorageException.Kind.UNSUPPORTED, "crypt_method 1"),
            new Damage(32, 2, StorageException.Kind.CORRUPT, "crypt_method 2 without an encryption header"),
            new Damage(32, 3, StorageException.Kind.UNSUPPORTED, "crypt_method 3"),
            new Damage(36, 0, StorageException.Kind.CORRUPT, "an L1 table of 0 entries"),
            new Damage(36, 0x7fff_ffff, StorageException.Kind.CORRUPT, "an L1 table of 2147483647 entries"),
            new Damage(56, -1, StorageException.Kind.CORRUPT, "a refcount table of -1 clusters"),
            new Damage(76, 32, StorageException.Kind.UNSUPPORTED, "incompatible features 0x20"),
            new Damage(76, 2, StorageException.Kind.CORRUPT, "marked as damaged"),
            new Damage(96, 9, StorageException.Kind.CORRUPT, "refcount_order 9"),
            new Damage(100, 20, StorageException.Kind.CORRUPT, "header_length 20"),
        }) {
            images.load(IMAGE, image);
            machine.storage(IMAGE)
                    .bytes()
                    .set(
                            ValueLayout.JAVA_INT_UNALIGNED.withOrder(java.nio.ByteOrder.BIG_ENDIAN),
                            damage.at,
                            damage.value);
            var refused = assertThrows(
                    StorageException.class,
                    () -> StorageBench.make(new QcowFormat(), new QcowOptions(IMAGE, Optional.empty()), machine));
            assertTrue(refused.getMessage().contains(damage.says), refused::getMessage);
            assertEquals(damage.kind, refused.kind());
        }
    }

    @Test
    void damagedImagesNeverDoWorseThanAnError() throws Exception {
        Random random = QcowImages.random();
        images.create(IMAGE, "cluster_size=4096", CAPACITY);
        try (var bench = open(Optional.empty())) {
            exercise(bench.layer(), new byte[CAPACITY], random, 30);
            bench.layer().flush();
        }
        byte[] good = machine.storage(IMAGE).bytes().toArray(ValueLayout.JAVA_BYTE);
        for (int round = 0; round < 300; round++) {
            byte[] bad = good.clone();
            for (int i = 0; i < 1 + random.nextInt(30); i++) {
                int at = random.nextBoolean() ? random.nextInt(120) : random.nextInt(bad.length);
                bad[at] = (byte) random.nextInt();
            }
            machine.storage(IMAGE).resize(random.nextInt(4) == 0 ? random.nextInt(bad.length) : bad.length);
            machine.storage(IMAGE)
                    .write(
                            0,
                            MemorySegment.ofArray(bad)
                                    .asSlice(0, machine.storage(IMAGE).capacityBytes()));
            try (var bench = StorageBench.make(new QcowFormat(), new QcowOptions(IMAGE, Optional.empty()), machine)) {
                bench.resume(dev.backplane.api.part.Resumption.STARTED);
                for (int i = 0; i < 20; i++) {
                    touch(bench.layer(), random);
                }
            } catch (StorageException | ConfigurationException e) {
                // An error is what it should be.
            }
        }
    }

    private static void touch(Storage disk, Random random) {
        long capacity = Math.min(disk.capacityBytes(), 1L << 40);
        int length = (int) Math.min(5000, capacity);
        long offset = random.nextLong(capacity - length + 1);
        try {
            disk.read(offset, MemorySegment.ofArray(new byte[length]));
            disk.write(offset, MemorySegment.ofArray(new byte[length]));
            disk.flush();
        } catch (StorageException e) {
            // An error is what it should be.
        }
    }

    @Test
    void anImageGrows() throws Exception {
        Path image = images.create(IMAGE, "cluster_size=65536", CAPACITY);
        long before = Files.size(image);
        try (var bench = open(Optional.empty())) {
            byte[] bytes = new byte[1 << 20];
            Arrays.fill(bytes, (byte) 3);
            bench.layer().write(0, MemorySegment.ofArray(bytes));
            bench.layer().flush();
        }
        assertTrue(machine.storage(IMAGE).capacityBytes() > before + (1 << 20));
    }
}
