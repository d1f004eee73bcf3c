package dev.backplane.storage.qcow2.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.api.storage.image.BackingImage;
import dev.backplane.api.storage.image.CompressingStorage;
import dev.backplane.api.storage.image.EmptiableStorage;
import dev.backplane.api.storage.image.ImageReference;
import dev.backplane.api.storage.image.RebasableStorage;
import dev.backplane.api.storage.image.SnapshotStorage;
import dev.backplane.testkit.MemoryStorage;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.Qemu;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Snapshots, lengths, compression, backing files and data files, in any order, judged by QEMU's tools. */
@Timeout(300)
class WholeImageTest {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final StorageRef OTHER = new StorageRef("other");
    private static final int CAPACITY = 3_000_320;

    @TempDir
    Path folder;

    private final TestMachine machine = new TestMachine();

    private QcowImages images = new QcowImages(machine, Path.of(""));

    @BeforeEach
    void require() {
        Qemu.require();
        images = new QcowImages(machine, folder);
    }

    private StorageBench<QcowOptions, QcowState> open() {
        return open(Optional.empty(), Optional.empty());
    }

    private StorageBench<QcowOptions, QcowState> open(Optional<StorageRef> backing, Optional<StorageRef> data) {
        return StorageBench.plug(new QcowFormat(), new QcowOptions(IMAGE, backing, data, Optional.empty()), machine);
    }

    private void judge(Path image, byte[] model, String when) throws Exception {
        Qemu.Said said = Qemu.run("qemu-img", "check", "-f", "qcow2", image);
        assertEquals(0, said.status(), when + ": " + said);
        Path raw = Files.write(folder.resolve("model.raw"), model);
        Qemu.must("qemu-img", "compare", "-f", "qcow2", "-F", "raw", image, raw);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cluster_size=65536",
                "cluster_size=4096",
                "cluster_size=512",
                "cluster_size=4096,refcount_bits=4",
                "cluster_size=16384,extended_l2=on",
                "cluster_size=4096,compression_type=zstd"
            })
    void snapshotsLengthsAndCompressionInAnyOrderLeaveWhatQemuReads(String options) throws Exception {
        Random random = QcowImages.random();
        images.create(IMAGE, options, CAPACITY);
        byte[] model = new byte[CAPACITY];
        Map<String, byte[]> kept = new LinkedHashMap<>();
        try (var bench = open()) {
            for (int i = 0; i < 40; i++) {
                Storage disk = bench.layer();
                SnapshotStorage snapshots = (SnapshotStorage) disk;
                String some = kept.isEmpty() ? "" : new ArrayList<>(kept.keySet()).get(random.nextInt(kept.size()));
                switch (random.nextInt(9)) {
                    case 0 -> {
                        if (kept.size() < 4) {
                            String name = "snapshot " + i;
                            try {
                                snapshots.createSnapshot(name);
                                kept.put(name, model.clone());
                            } catch (StorageException e) {
                                assertTrue(options.contains("refcount_bits"), e::getMessage);
                                assertEquals(StorageException.Kind.UNSUPPORTED, e.kind());
                            }
                        }
                    }
                    case 1 -> {
                        if (!some.isEmpty()) {
                            try {
                                snapshots.applySnapshot(some);
                                model = kept.get(some).clone();
                            } catch (StorageException e) {
                                assertTrue(options.contains("refcount_bits"), e::getMessage);
                                assertEquals(StorageException.Kind.UNSUPPORTED, e.kind());
                            }
                        }
                    }
                    case 2 -> {
                        if (!some.isEmpty()) {
                            snapshots.deleteSnapshot(some);
                            kept.remove(some);
                        }
                    }
                    case 3 -> {
                        int next = random.nextInt(1, 8000) * 512;
                        ((ResizableStorage) disk).resize(next);
                        model = Arrays.copyOf(model, next);
                    }
                    case 4 -> model = compress(disk, model, random);
                    case 5 -> bench.swap();
                    default -> QcowImages.write(disk, model, random, 5);
                }
                assertArrayEquals(model, QcowImages.readAll(bench.layer()), "after operation " + i);
                if (!some.isEmpty() && kept.containsKey(some)) {
                    Storage then = ((SnapshotStorage) bench.layer()).openSnapshot(some);
                    assertArrayEquals(kept.get(some), QcowImages.readAll(then), some + " after operation " + i);
                }
                if (i % 8 == 7) {
                    bench.layer().flush();
                    judge(images.store(IMAGE, "written.qcow2"), model, "after operation " + i);
                }
            }
            bench.layer().flush();
        }
        Path image = images.store(IMAGE, "written.qcow2");
        judge(image, model, "at the end");
        for (Map.Entry<String, byte[]> each : kept.entrySet()) {
            Qemu.must("qemu-img", "snapshot", "-a", each.getKey(), image);
            judge(image, each.getValue(), each.getKey());
        }
        for (String each : kept.keySet()) {
            Qemu.must("qemu-img", "snapshot", "-d", each, image);
        }
        Qemu.checkClean("qcow2", image);
    }

    private static byte[] compress(Storage disk, byte[] model, Random random) throws StorageException {
        CompressingStorage compressing = (CompressingStorage) disk;
        int unit = compressing.compressedUnitBytes();
        int first = random.nextInt(model.length / unit + 1) * unit;
        int length = Math.min(random.nextInt(1, 30) * unit, model.length - first);
        for (int at = first; at < first + length; at += 64 + random.nextInt(900)) {
            Arrays.fill(model, at, Math.min(at + 700, first + length), (byte) random.nextInt());
        }
        compressing.writeCompressed(first, MemorySegment.ofArray(model).asSlice(first, length));
        return model;
    }

    @Test
    void snapshotsOfQemuAreListedReadAppliedAndDeleted() throws Exception {
        Path image = images.create(IMAGE, "cluster_size=4096", CAPACITY);
        Qemu.must("qemu-io", "-f", "qcow2", "-c", "write -P 7 0 1M", image);
        Qemu.must("qemu-img", "snapshot", "-c", "sevens", image);
        Qemu.must("qemu-io", "-f", "qcow2", "-c", "write -P 8 512k 1M", image);
        Qemu.must("qemu-img", "snapshot", "-c", "eights", image);
        Qemu.must("qemu-io", "-f", "qcow2", "-c", "write -P 9 0 2M", image);
        images.load(IMAGE, image);
        byte[] sevens = new byte[CAPACITY];
        Arrays.fill(sevens, 0, 1 << 20, (byte) 7);
        try (var bench = open()) {
            SnapshotStorage disk = (SnapshotStorage) bench.layer();
            assertEquals(
                    List.of("1 sevens", "2 eights"),
                    disk.snapshots().stream()
                            .map(each -> each.id() + " " + each.name())
                            .toList());
            assertArrayEquals(sevens, QcowImages.readAll(disk.openSnapshot("sevens")));
            disk.applySnapshot("1");
            assertArrayEquals(sevens, QcowImages.readAll(disk));
            disk.deleteSnapshot("eights");
            var refused = assertThrows(StorageException.class, () -> disk.applySnapshot("eights"));
            assertEquals(StorageException.Kind.NOT_FOUND, refused.kind());
        }
        judge(images.store(IMAGE, "written.qcow2"), sevens, "after all");
    }

    @Test
    void refcountsThatAreTooNarrowRefuseASnapshotAndNothingHappens() throws Exception {
        images.create(IMAGE, "cluster_size=4096,refcount_bits=1", CAPACITY);
        byte[] model = new byte[CAPACITY];
        try (var bench = open()) {
            QcowImages.write(bench.layer(), model, QcowImages.random(), 10);
            var refused =
                    assertThrows(StorageException.class, () -> ((SnapshotStorage) bench.layer()).createSnapshot("x"));
            assertEquals(StorageException.Kind.UNSUPPORTED, refused.kind());
            bench.layer().flush();
        }
        judge(images.store(IMAGE, "written.qcow2"), model, "after the refusal");
    }

    @Test
    void theRefcountTableGrows() throws Exception {
        Random random = QcowImages.random();
        images.create(IMAGE, "cluster_size=512", CAPACITY);
        try (var bench = open()) {
            ((ResizableStorage) bench.layer()).resize(24 << 20);
            byte[] model = new byte[24 << 20];
            random.nextBytes(model);
            bench.layer().write(0, MemorySegment.ofArray(model));
            bench.layer().flush();
            judge(images.store(IMAGE, "written.qcow2"), model, "grown");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"off", "on"})
    void bytesThatAreInAFileOfTheirOwnStandThereAtTheirOffset(String raw) throws Exception {
        Random random = QcowImages.random();
        Path data = folder.resolve("data.raw");
        Path image = images.create(IMAGE, "data_file=" + data + ",data_file_raw=" + raw, CAPACITY);
        images.load(OTHER, data);
        byte[] model = new byte[CAPACITY];
        try (var bench = open(Optional.empty(), Optional.of(OTHER))) {
            for (int i = 0; i < 4; i++) {
                QcowImages.write(bench.layer(), model, random, 10);
                bench.swap();
            }
            assertArrayEquals(model, QcowImages.readAll(bench.layer()));
            ((ResizableStorage) bench.layer()).resize(CAPACITY + 512_000);
            model = Arrays.copyOf(model, CAPACITY + 512_000);
            QcowImages.write(bench.layer(), model, random, 10);
            bench.layer().flush();
            assertThrows(StorageException.class, () -> ((SnapshotStorage) bench.layer()).createSnapshot("x"));
        }
        Files.write(data, machine.storage(OTHER).bytes().toArray(ValueLayout.JAVA_BYTE));
        Files.write(image, machine.storage(IMAGE).bytes().toArray(ValueLayout.JAVA_BYTE));
        judge(image, model, "written");
        if (raw.equals("on")) {
            assertArrayEquals(model, Files.readAllBytes(data));
        }
    }

    @Test
    void anOverlayIsMappedEmptiedAndPutOntoAnotherBackingFile() throws Exception {
        byte[] base = new byte[CAPACITY];
        Arrays.fill(base, (byte) 3);
        Path raw = Files.write(folder.resolve("base.raw"), base);
        Path image = folder.resolve("image.qcow2");
        Qemu.must("qemu-img", "create", "-q", "-f", "qcow2", "-b", raw, "-F", "raw", image);
        images.load(IMAGE, image);
        images.load(OTHER, raw);
        QcowFormat format = new QcowFormat();
        assertEquals(
                List.of(new ImageReference("backing", ImageReference.Role.BACKING, raw.toString(), Optional.of("raw"))),
                format.references(machine.storage(IMAGE)));
        try (var bench = open(Optional.of(OTHER), Optional.empty())) {
            MappedStorage disk = (MappedStorage) bench.layer();
            disk.write(1 << 20, MemorySegment.ofArray(new byte[200_000]));
            disk.zero(2 << 20, 65536, true);
            assertEquals(new Extent(0, 1 << 20, Extent.Kind.ABSENT), disk.extent(0, CAPACITY));
            Extent written = disk.extent(1 << 20, CAPACITY - (1 << 20));
            assertEquals(Extent.Kind.DATA, written.kind());
            assertTrue(written.bytes() >= 65536, written::toString);
            assertEquals(Extent.Kind.ZERO, disk.extent(2 << 20, 100).kind());
            ((EmptiableStorage) disk).empty();
            assertArrayEquals(base, QcowImages.readAll(disk));
            assertEquals(new Extent(0, CAPACITY, Extent.Kind.ABSENT), disk.extent(0, CAPACITY));
            MemoryStorage nothing = new MemoryStorage();
            ((RebasableStorage) disk).rebase(Optional.of(new BackingImage("other.img", "qcow2", nothing, nothing)));
        }
        Qemu.must("qemu-img", "create", "-q", "-f", "qcow2", folder.resolve("other.img"), CAPACITY);
        Qemu.checkClean("qcow2", images.store(IMAGE, "written.qcow2"));
        assertEquals(
                List.of(new ImageReference("backing", ImageReference.Role.BACKING, "other.img", Optional.of("qcow2"))),
                format.references(machine.storage(IMAGE)));
        Qemu.Said info = Qemu.run("qemu-img", "info", "-f", "qcow2", folder.resolve("written.qcow2"));
        assertTrue(info.text().contains("backing file: other.img"), info.text());
        assertTrue(info.text().contains("backing file format: qcow2"), info.text());
    }

    @Test
    void bitmapsAreKeptAndThoseThatShouldHaveRecordedSaySo() throws Exception {
        Path image = images.create(IMAGE, "cluster_size=65536", CAPACITY);
        Qemu.must("qemu-img", "bitmap", "--add", "--disable", "-f", "qcow2", image, "still");
        Qemu.must("qemu-img", "bitmap", "--add", "-f", "qcow2", image, "recording");
        images.load(IMAGE, image);
        byte[] model = new byte[CAPACITY];
        try (var bench = open()) {
            QcowImages.write(bench.layer(), model, QcowImages.random(), 20);
            bench.layer().flush();
        }
        Path written = images.store(IMAGE, "written.qcow2");
        judge(written, model, "written");
        String info = Qemu.run("qemu-img", "info", "-f", "qcow2", written).text();
        assertTrue(info.contains("name: still"), info);
        assertTrue(info.contains("in-use"), info);
    }
}
