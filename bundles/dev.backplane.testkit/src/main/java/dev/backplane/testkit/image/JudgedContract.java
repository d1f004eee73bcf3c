package dev.backplane.testkit.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.api.storage.image.ImageTarget;
import dev.backplane.testkit.MemoryStorage;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import java.io.IOException;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Images that a format writes are read by QEMU's tools, and the other way round: seeded random operations, every byte compared. {@code
 * -Dbackplane.judged=20} repeats each so often, with other operations.
 *
 * @param <O> the layer's options
 * @param <S> its state
 */
@Timeout(600)
public abstract class JudgedContract<O extends Record, S extends Record> {
    /** The image's own file. */
    protected static final StorageRef IMAGE = new StorageRef("image");

    private static final int REPEATS = Integer.getInteger("backplane.judged", 1);
    private static final Pattern VIRTUAL_SIZE = Pattern.compile("\"virtual-size\": (\\d+)");

    /** Encrypted images, for which QEMU takes seconds each. */
    private static final Map<String, byte[]> MADE = new ConcurrentHashMap<>();

    /** Where files are. */
    @TempDir
    protected Path folder = Path.of("");

    /** For inheritance. */
    protected JudgedContract() {}

    /** Makes a new image. */
    @FunctionalInterface
    protected interface Creation {
        /**
         * As {@link dev.backplane.api.storage.image.CreatableFormat#create}.
         *
         * @param target where it goes
         * @throws ConfigurationException when it cannot be had
         * @throws StorageException when it cannot be written
         */
        void create(ImageTarget target) throws ConfigurationException, StorageException;
    }

    /**
     * What QEMU calls the format.
     *
     * @return for {@code -f}
     */
    protected abstract String qemuFormat();

    /**
     * The format under test.
     *
     * @return a new one or always the same: openers are stateless
     */
    protected abstract StorageOpener<O, S> opener();

    /**
     * The options that open an image.
     *
     * @param parts references to its further files, in the image's order; empty where it has none
     * @return options for {@link #IMAGE}
     */
    protected abstract O options(List<StorageRef> parts);

    /**
     * Variants of the format that QEMU can make.
     *
     * @return each for {@code qemu-img create -o}
     */
    protected abstract List<String> variants();

    /**
     * Variants that the format can make itself.
     *
     * @return by names for the report
     */
    protected abstract Map<String, Creation> creations();

    /**
     * Whether {@code qemu-img check} knows the format.
     *
     * @return true unless overridden
     */
    protected boolean isChecked() {
        return true;
    }

    /**
     * What QEMU's tools are told before they open or make an image.
     *
     * @return none unless overridden; for {@code --object}
     * @throws IOException when it cannot be prepared
     */
    protected List<String> objects() throws IOException {
        return List.of();
    }

    /**
     * How QEMU's tools open an image for which its format does not say enough.
     *
     * @param image its own file
     * @return empty unless overridden; for {@code --image-opts}
     */
    protected Optional<String> imageOptions(Path image) {
        return Optional.empty();
    }

    /**
     * Whether an image that QEMU has just made reads as zeros.
     *
     * @return true unless overridden; where not, it reads as the same for QEMU and for us
     */
    protected boolean beginsWithZeros() {
        return true;
    }

    /**
     * How long the disks are with which it is tested.
     *
     * @return bytes
     */
    protected int capacityBytes() {
        return 5_000_192;
    }

    /**
     * The further files of an image.
     *
     * @param image its own file
     * @return none unless overridden, in the image's order
     * @throws IOException when it cannot be read
     */
    protected List<Path> parts(Path image) throws IOException {
        return List.of();
    }

    /**
     * A random source that has printed its seed.
     *
     * @return a new one
     */
    protected static Random random() {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        return new Random(seed);
    }

    /** An image in memory, and what opens it. */
    private final class Loaded {
        private final TestMachine machine = new TestMachine();
        private final Map<StorageRef, String> names = new LinkedHashMap<>();
        private final O options;

        Loaded(Path image) throws IOException, StorageException {
            load(IMAGE, image);
            List<StorageRef> parts = new ArrayList<>();
            for (Path part : parts(image)) {
                StorageRef reference = new StorageRef(part.getFileName().toString());
                load(reference, part);
                parts.add(reference);
            }
            options = options(parts);
        }

        Loaded(String name, Creation creation) throws ConfigurationException, StorageException {
            TestImageTarget target = new TestImageTarget(machine, IMAGE, name, capacityBytes());
            creation.create(target);
            names.put(IMAGE, name);
            target.siblings().forEach(each -> names.put(each, each.bay()));
            options = options(target.siblings());
        }

        private void load(StorageRef where, Path file) throws IOException, StorageException {
            byte[] bytes = Files.readAllBytes(file);
            MemoryStorage storage = machine.storage(where);
            storage.resize(bytes.length);
            storage.write(0, MemorySegment.ofArray(bytes));
            names.put(where, file.getFileName().toString());
        }

        StorageBench<O, S> open() {
            return StorageBench.plug(opener(), options, machine);
        }

        /** The files, in a folder of their own; the image's own one is returned. */
        Path store() throws IOException {
            Path there = Files.createTempDirectory(folder, "written");
            for (var each : names.entrySet()) {
                Files.write(
                        there.resolve(each.getValue()),
                        machine.storage(each.getKey()).bytes().toArray(ValueLayout.JAVA_BYTE));
            }
            return there.resolve(names.get(IMAGE));
        }
    }

    private Path create(String options) throws Exception {
        Path there = Files.createTempDirectory(folder, "made");
        Path image = there.resolve("image." + qemuFormat());
        byte[] known = MADE.get(getClass().getName() + options);
        if (known != null) {
            return Files.write(image, known);
        }
        List<Object> command = tool("qemu-img", "create", "-q");
        command.addAll(List.of("-f", qemuFormat()));
        if (!options.isEmpty()) {
            command.addAll(List.of("-o", options));
        }
        command.addAll(List.of(image, capacityBytes()));
        Qemu.create(command.toArray());
        if (!objects().isEmpty()) {
            MADE.put(getClass().getName() + options, Files.readAllBytes(image));
        }
        return image;
    }

    /** A tool's name and objects. */
    private List<Object> tool(Object... words) throws IOException {
        List<Object> command = new ArrayList<>(List.of(words));
        for (String each : objects()) {
            command.addAll(List.of("--object", each));
        }
        return command;
    }

    /** A tool that opens an image. */
    private List<Object> opening(Path image, Object... words) throws IOException {
        List<Object> command = tool(words);
        Optional<String> options = imageOptions(image);
        command.addAll(
                options.isPresent() ? List.of("--image-opts", options.get()) : List.of("-f", qemuFormat(), image));
        return command;
    }

    private static byte[] readAll(Storage disk) throws StorageException {
        byte[] all = new byte[(int) disk.capacityBytes()];
        disk.read(0, MemorySegment.ofArray(all));
        return all;
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
                    // What is discarded reads as anything that it was, or as zeros.
                    disk.discard(offset, length);
                    MemorySegment now = MemorySegment.ofArray(model).asSlice(offset, length);
                    disk.read(offset, now);
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

    /** One test for each variant. */
    private static Stream<DynamicTest> each(Stream<String> variants, Body body) {
        return variants.flatMap(variant -> Stream.iterate(0, i -> i < REPEATS, i -> i + 1)
                .map(i -> DynamicTest.dynamicTest(variant.isEmpty() ? "default" : variant, () -> {
                    Qemu.require();
                    body.of(variant);
                })));
    }

    @FunctionalInterface
    private interface Body {
        void of(String variant) throws Exception;
    }

    @TestFactory
    final Stream<DynamicTest> whatWeWriteIsReadByQemu() {
        return each(variants().stream(), variant -> {
            Loaded image = new Loaded(create(variant));
            writtenIsReadByQemu(image, first(image));
        });
    }

    @TestFactory
    final Stream<DynamicTest> whatWeMakeIsReadByQemu() {
        return each(creations().keySet().stream(), name -> {
            Creation creation = creations().get(name);
            if (creation != null) {
                Loaded image = new Loaded("image." + qemuFormat(), creation);
                writtenIsReadByQemu(image, new byte[capacity(image.store())]);
            }
        });
    }

    /** What an image that QEMU has made reads as. */
    private byte[] first(Loaded image) throws Exception {
        byte[] zeros = new byte[capacity(image.store())];
        if (beginsWithZeros()) {
            return zeros;
        }
        try (var bench = image.open()) {
            return readAll(bench.layer());
        }
    }

    private void writtenIsReadByQemu(Loaded image, byte[] model) throws Exception {
        Random random = random();
        judge(image, model);
        try (var bench = image.open()) {
            assertEquals(model.length, bench.layer().capacityBytes());
            exercise(bench.layer(), model, random, 60);
            bench.swap();
            exercise(bench.layer(), model, random, 60);
            assertArrayEquals(model, readAll(bench.layer()));
            bench.quiesce();
            bench.layer().save();
        }
        judge(image, model);
        try (var bench = image.open()) {
            assertArrayEquals(model, readAll(bench.layer()));
        }
    }

    private void judge(Loaded image, byte[] model) throws Exception {
        Path written = image.store();
        if (isChecked()) {
            Qemu.must(opening(written, "qemu-img", "check").toArray());
        }
        Path raw = Files.write(folder.resolve("model.raw"), model);
        List<Object> command = opening(written, "qemu-img", "compare");
        if (imageOptions(written).isPresent()) {
            command.add("driver=raw,file.filename=" + raw);
        } else {
            command.addAll(List.of("-F", "raw", raw));
        }
        Qemu.must(command.toArray());
    }

    private int capacity(Path image) throws Exception {
        Matcher size = VIRTUAL_SIZE.matcher(
                Qemu.must(opening(image, "qemu-img", "info", "--output=json").toArray()));
        assertEquals(true, size.find());
        return Integer.parseInt(size.group(1));
    }

    @TestFactory
    final Stream<DynamicTest> whatQemuIoWritesIsReadByUsAlsoWhereWeHaveWrittenBefore() {
        return each(variants().stream(), variant -> {
            Random random = random();
            Path made = create(variant);
            byte[] model = first(new Loaded(made));
            write(made, model, random);
            Loaded image = new Loaded(made);
            try (var bench = image.open()) {
                assertArrayEquals(model, readAll(bench.layer()));
                exercise(bench.layer(), model, random, 40);
                bench.layer().flush();
            }
            Path written = image.store();
            write(written, model, random);
            try (var bench = new Loaded(written).open()) {
                assertArrayEquals(model, readAll(bench.layer()));
            }
        });
    }

    private void write(Path image, byte[] model, Random random) throws Exception {
        List<Object> command = opening(image, "qemu-io");
        for (int i = 0; i < 50; i++) {
            int offset = random.nextInt(model.length / 512 - 100) * 512;
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
        Qemu.must(command.toArray());
    }

    @Test
    final void damagedImagesNeverDoWorseThanAnError() throws Exception {
        Qemu.require();
        Random random = random();
        for (String variant : variants()) {
            Loaded image = new Loaded(create(variant));
            try (var bench = image.open()) {
                exercise(bench.layer(), new byte[(int) bench.layer().capacityBytes()], random, 30);
                bench.layer().flush();
            }
            byte[] good = image.machine.storage(IMAGE).bytes().toArray(ValueLayout.JAVA_BYTE);
            for (int round = 0; round < 40; round++) {
                byte[] bad = good.clone();
                for (int i = 0; i < 1 + random.nextInt(30); i++) {
                    int at = random.nextInt(random.nextBoolean() ? Math.min(1200, bad.length) : bad.length);
                    bad[at] = (byte) random.nextInt();
                }
                if (random.nextInt(4) == 0) {
                    bad = Arrays.copyOf(bad, random.nextInt(bad.length));
                }
                HostileImage.use(opener(), image.options, IMAGE, bad, random);
            }
        }
    }
}
