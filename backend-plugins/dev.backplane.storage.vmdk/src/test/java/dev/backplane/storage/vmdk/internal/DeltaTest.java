package dev.backplane.storage.vmdk.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.api.storage.image.BackingImage;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.DescribedStorage;
import dev.backplane.api.storage.image.EmptiableStorage;
import dev.backplane.api.storage.image.ImageReference;
import dev.backplane.api.storage.image.RebasableStorage;
import dev.backplane.image.UnchangedStorage;
import dev.backplane.testkit.MemoryStorage;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.Qemu;
import dev.backplane.testkit.image.TestImageTarget;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Images that stand on a parent, made by QEMU and by us, and read by the other. */
@Timeout(300)
class DeltaTest {
    private static final StorageRef BASE = new StorageRef("base.vmdk");
    private static final StorageRef DELTA = new StorageRef("delta.vmdk");
    private static final StorageRef PARENT = new StorageRef("parent");
    private static final int GRAIN = 64 << 10;
    private static final int CAPACITY = 40 * GRAIN + 512;

    @TempDir
    Path folder = Path.of("");

    private final Random random = random();
    private final TestMachine machine = new TestMachine();
    private final byte[] model = new byte[CAPACITY];
    private StorageBench<VmdkOptions, VmdkState> base = bench();

    private static Random random() {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        return new Random(seed);
    }

    /** Some of its grains are there, in a file beside the delta's. */
    private StorageBench<VmdkOptions, VmdkState> bench() {
        try {
            new VmdkFormat()
                    .create(
                            new VmdkCreation("monolithicSparse", "ide"),
                            new TestImageTarget(machine, BASE, BASE.bay(), CAPACITY));
            var made = StorageBench.plug(new VmdkFormat(), new VmdkOptions(BASE, List.of()), machine);
            for (int i = 0; i < 8; i++) {
                write(made.layer(), random.nextInt(CAPACITY), random.nextInt(2 * GRAIN));
            }
            made.layer().flush();
            return made;
        } catch (ConfigurationException | StorageException e) {
            throw new AssertionError(e);
        }
    }

    @BeforeEach
    void plugParent() throws IOException {
        machine.plug(PARENT, new UnchangedStorage(base.layer()));
        store(BASE);
    }

    @AfterEach
    void close() {
        base.close();
    }

    private void write(Storage disk, int offset, int length) throws StorageException {
        byte[] bytes = new byte[Math.min(length, CAPACITY - offset)];
        random.nextBytes(bytes);
        disk.write(offset, MemorySegment.ofArray(bytes));
        System.arraycopy(bytes, 0, model, offset, bytes.length);
    }

    private Path store(StorageRef image) throws IOException {
        return Files.write(
                folder.resolve(image.bay()), machine.storage(image).bytes().toArray(ValueLayout.JAVA_BYTE));
    }

    private void load(StorageRef image) throws IOException, StorageException {
        byte[] bytes = Files.readAllBytes(folder.resolve(image.bay()));
        machine.storage(image).resize(bytes.length);
        machine.storage(image).write(0, MemorySegment.ofArray(bytes));
    }

    private Path raw() throws IOException {
        return Files.write(folder.resolve("model.raw"), model);
    }

    private BackingImage parent(String name, String format) {
        return new BackingImage(name, format, base.layer(), machine.storage(BASE));
    }

    private List<StorageRef> create(String subformat, BackingImage parent) throws Exception {
        TestImageTarget plain = new TestImageTarget(machine, DELTA, DELTA.bay(), CAPACITY);
        new VmdkFormat().create(new VmdkCreation(subformat, "lsilogic"), new OnParent(plain, parent));
        return plain.siblings();
    }

    private VmdkOptions options(List<StorageRef> extents) {
        return new VmdkOptions(DELTA, extents, Optional.of(PARENT));
    }

    private StorageBench<VmdkOptions, VmdkState> open(List<StorageRef> extents) {
        return StorageBench.plug(new VmdkFormat(), options(extents), machine);
    }

    private void assertReads(Storage disk) throws StorageException {
        byte[] read = new byte[CAPACITY];
        disk.read(0, MemorySegment.ofArray(read));
        assertArrayEquals(model, read);
    }

    private void change(Storage disk) throws StorageException {
        for (int i = 0; i < 12; i++) {
            int offset = random.nextInt(CAPACITY);
            int length = Math.min(random.nextInt(2 * GRAIN), CAPACITY - offset);
            if (random.nextInt(3) == 0) {
                disk.zero(offset, length, random.nextBoolean());
                Arrays.fill(model, offset, offset + length, (byte) 0);
            } else {
                write(disk, offset, length);
            }
        }
        // Whole grains.
        disk.zero(7 * GRAIN, 3 * GRAIN, true);
        Arrays.fill(model, 7 * GRAIN, 10 * GRAIN, (byte) 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"subformat=monolithicSparse", "subformat=monolithicSparse,zeroed_grain=on"})
    void whatQemuMakesIsReadAndWritten(String options) throws Exception {
        Qemu.require();
        Path delta = folder.resolve(DELTA.bay());
        Qemu.must(
                "qemu-img",
                "create",
                "-q",
                "-f",
                "vmdk",
                "-o",
                options,
                "-b",
                folder.resolve(BASE.bay()),
                "-F",
                "vmdk",
                delta);
        List<Object> command = new ArrayList<>(List.of("qemu-io", "-f", "vmdk"));
        for (int i = 0; i < 8; i++) {
            int sector = random.nextInt(CAPACITY / 512 - 300);
            int sectors = random.nextInt(1, 300);
            int pattern = random.nextInt(256);
            command.addAll(List.of("-c", "write -P %d %d %d".formatted(pattern, sector * 512, sectors * 512)));
            Arrays.fill(model, sector * 512, (sector + sectors) * 512, (byte) pattern);
        }
        command.add(delta);
        Qemu.must(command.toArray());
        load(DELTA);
        try (var bench = open(List.of())) {
            assertReads(bench.layer());
            change(bench.layer());
            bench.swap();
            assertReads(bench.layer());
            bench.layer().flush();
        }
        Qemu.checkClean("vmdk", store(DELTA));
        Qemu.compare("vmdk", delta, raw());
    }

    @Test
    void grainsOfZerosHideTheParentByAMarkWhereTheImageMayHaveSuch() throws Exception {
        Qemu.require();
        Path delta = folder.resolve(DELTA.bay());
        Qemu.must(
                "qemu-img",
                "create",
                "-q",
                "-f",
                "vmdk",
                "-o",
                "zeroed_grain=on",
                "-b",
                folder.resolve(BASE.bay()),
                "-F",
                "vmdk",
                delta);
        load(DELTA);
        long before = machine.storage(DELTA).capacityBytes();
        try (var bench = open(List.of())) {
            bench.layer().zero(3 * GRAIN, 20 * GRAIN, true);
            assertEquals(
                    new Extent(3 * GRAIN, 20 * GRAIN, Extent.Kind.ZERO),
                    ((MappedStorage) bench.layer()).extent(3 * GRAIN, 30 * GRAIN));
            bench.layer().flush();
        }
        Arrays.fill(model, 3 * GRAIN, 23 * GRAIN, (byte) 0);
        assertEquals(before, machine.storage(DELTA).capacityBytes());
        Qemu.checkClean("vmdk", store(DELTA));
        Qemu.compare("vmdk", delta, raw());
    }

    @ParameterizedTest
    @ValueSource(strings = {"monolithicSparse", "twoGbMaxExtentSparse"})
    void whatWeMakeIsReadByQemu(String subformat) throws Exception {
        Qemu.require();
        List<StorageRef> extents = create(subformat, parent("base.vmdk", "vmdk"));
        try (var bench = open(extents)) {
            assertReads(bench.layer());
            assertEquals(
                    Extent.Kind.ABSENT,
                    ((MappedStorage) bench.layer()).extent(0, CAPACITY).kind());
            change(bench.layer());
            bench.layer().flush();
            assertReads(bench.layer());
        }
        for (StorageRef each : extents) {
            store(each);
        }
        Path delta = store(DELTA);
        Qemu.checkClean("vmdk", delta);
        Qemu.compare("vmdk", delta, raw());
        String info = Qemu.must("qemu-img", "info", "--output=json", "-f", "vmdk", delta);
        assertTrue(info.contains("\"backing-filename\": \"base.vmdk\""), info);
        assertEquals(
                0,
                new VmdkFormat()
                        .check(options(extents), StorageBench.context(machine), CheckMode.REPORT)
                        .corruptions());
        List<ImageReference> references = new VmdkFormat().references(machine.storage(DELTA));
        assertEquals(
                new ImageReference("backing", ImageReference.Role.BACKING, "base.vmdk", Optional.of("vmdk")),
                references.getLast());
        assertEquals(extents.size() + 1, references.size());
    }

    @Test
    void aParentThatHasBeenWrittenSinceIsRefusedLikeOneThatIsNone() throws Exception {
        create("monolithicSparse", parent("base.vmdk", "vmdk"));
        machine.plug(PARENT, new MemoryStorage());
        assertRefused("its parent \"base.vmdk\" has no CID and is no VMDK image, the image was made over CID ");
        base.close();
        base = StorageBench.plug(new VmdkFormat(), new VmdkOptions(BASE, List.of()), machine);
        machine.plug(PARENT, new UnchangedStorage(base.layer()));
        open(List.of()).close();
        write(base.layer(), 0, 1);
        assertRefused("it has been written since, or is another one");
        Qemu.require();
        store(BASE);
        base.layer().flush();
        Qemu.Said said = Qemu.run("qemu-io", "-f", "vmdk", "-c", "read 0 512", store(DELTA));
        assertTrue(said.status() != 0 || said.text().contains("failed"), said::toString);
    }

    private void assertRefused(String says) {
        var refused = assertThrows(
                StorageException.class, () -> StorageBench.make(new VmdkFormat(), options(List.of()), machine));
        assertEquals(Kind.CORRUPT, refused.kind());
        assertTrue(refused.getMessage().contains(says), refused::getMessage);
    }

    @Test
    void aParentIsFollowedOnlyWhereItIsGiven() throws Exception {
        create("monolithicSparse", parent("base.vmdk", "vmdk"));
        var missing = assertThrows(
                ConfigurationException.class,
                () -> StorageBench.make(new VmdkFormat(), new VmdkOptions(DELTA, List.of()), machine));
        assertEquals(
                "backing: the image has the parent \"base.vmdk\": say what it is, for instance backing: {format: vmdk, file: base.vmdk}",
                missing.getMessage());
        var superfluous = assertThrows(
                ConfigurationException.class,
                () -> StorageBench.make(
                        new VmdkFormat(), new VmdkOptions(BASE, List.of(), Optional.of(PARENT)), machine));
        assertEquals("backing: the image has no parent: leave this out", superfluous.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "monolithicFlat, base.vmdk, vmdk, monolithicFlat has no backing file",
        "streamOptimized, base.vmdk, vmdk, streamOptimized has no backing file",
        "monolithicSparse, base.raw, raw, a VMDK image stands on another one alone",
        "monolithicSparse, 'a\"b', vmdk, has a quotation mark"
    })
    void deltasThatVmdkCannotExpressAreRefused(String subformat, String name, String format, String says) {
        var refused = assertThrows(Exception.class, () -> create(subformat, parent(name, format)));
        assertTrue(refused.getMessage().contains(says), refused::getMessage);
    }

    @Test
    void aCompressedDeltaIsRefused() throws Exception {
        new VmdkFormat()
                .create(
                        new VmdkCreation("streamOptimized", "ide"),
                        new TestImageTarget(machine, DELTA, DELTA.bay(), CAPACITY));
        replace("parentCID=ffffffff", "parentCID=12345678");
        var refused = assertThrows(
                StorageException.class, () -> StorageBench.make(new VmdkFormat(), options(List.of()), machine));
        assertEquals(Kind.UNSUPPORTED, refused.kind());
        assertTrue(refused.getMessage().contains("streamOptimized with a parent"), refused::getMessage);
    }

    private void replace(String what, String with) throws StorageException {
        String all =
                new String(machine.storage(DELTA).bytes().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
        assertTrue(all.contains(what));
        machine.storage(DELTA)
                .write(0, MemorySegment.ofArray(all.replace(what, with).getBytes(StandardCharsets.ISO_8859_1)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"monolithicSparse", "twoGbMaxExtentSparse"})
    void aDeltaIsEmptiedAndGetsAnotherParentOrNone(String subformat) throws Exception {
        List<StorageRef> extents = create(subformat, parent("base.vmdk", "vmdk"));
        byte[] before = model.clone();
        try (var bench = open(extents)) {
            change(bench.layer());
            ((EmptiableStorage) bench.layer()).empty();
            System.arraycopy(before, 0, model, 0, CAPACITY);
            assertReads(bench.layer());
            bench.swap();
            assertReads(bench.layer());
            change(bench.layer());
            RebasableStorage rebasable = (RebasableStorage) bench.layer();
            String longest = "ä/" + "x".repeat(300) + ".vmdk";
            rebasable.rebase(Optional.of(parent(longest, "vmdk")));
            assertEquals(
                    longest,
                    new VmdkFormat()
                            .references(machine.storage(DELTA))
                            .getLast()
                            .name());
            bench.swap();
            rebasable = (RebasableStorage) bench.layer();
            rebasable.rebase(Optional.of(parent("base.vmdk", "vmdk")));
            // Nothing of the parent is at hand: its identifier stays.
            MemoryStorage nothing = new MemoryStorage();
            rebasable.rebase(Optional.of(new BackingImage("moved.vmdk", "vmdk", nothing, nothing)));
            bench.swap();
            assertReads(bench.layer());
            ((RebasableStorage) bench.layer()).rebase(Optional.of(parent("base.vmdk", "vmdk")));
            var raw = new BackingImage("base.raw", "raw", nothing, nothing);
            assertThrows(StorageException.class, () -> ((RebasableStorage) bench.layer()).rebase(Optional.of(raw)));
            Object id = ((DescribedStorage) bench.layer()).describe().details().get("parent-cid");
            assertEquals(((DescribedStorage) base.layer()).describe().details().get("cid"), id);
            assertReads(bench.layer());
        }
        Qemu.require();
        extents.forEach(each -> {
            try {
                store(each);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        Path delta = store(DELTA);
        Qemu.checkClean("vmdk", delta);
        Qemu.compare("vmdk", delta, raw());
        try (var bench = open(extents)) {
            // What is absent is as it was over nothing.
            ((RebasableStorage) bench.layer()).rebase(Optional.empty());
        }
        try (var bench = StorageBench.plug(new VmdkFormat(), new VmdkOptions(DELTA, extents), machine)) {
            assertEquals(
                    Descriptor.NO_PARENT,
                    ((DescribedStorage) bench.layer()).describe().details().get("parent-cid"));
        }
        assertEquals(
                extents.size(),
                new VmdkFormat().references(machine.storage(DELTA)).size());
    }

    @Test
    void whatIsFlatCannotBeEmptiedNorStandOnAParent() throws Exception {
        TestImageTarget target = new TestImageTarget(machine, DELTA, DELTA.bay(), CAPACITY);
        new VmdkFormat().create(new VmdkCreation("monolithicFlat", "ide"), target);
        try (var bench = StorageBench.plug(new VmdkFormat(), new VmdkOptions(DELTA, target.siblings()), machine)) {
            assertEquals(
                    Kind.UNSUPPORTED,
                    assertThrows(StorageException.class, () -> ((EmptiableStorage) bench.layer()).empty())
                            .kind());
            assertEquals(
                    Kind.UNSUPPORTED,
                    assertThrows(
                                    StorageException.class,
                                    () -> ((RebasableStorage) bench.layer())
                                            .rebase(Optional.of(parent("base.vmdk", "vmdk"))))
                            .kind());
        }
    }
}
