package dev.backplane.disk.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.testkit.image.Qemu;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the tool says and makes, against what QEMU's tool says and makes. */
@Timeout(300)
class JudgedToolTest {
    private static final int SECTORS = 20_000;

    @TempDir
    Path folder = Path.of("");

    private final Bed bed = new Bed();

    @BeforeEach
    void require() {
        Qemu.require();
    }

    private static Random random() {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        return new Random(seed);
    }

    private Path file(String name) {
        return folder.resolve(name);
    }

    /** Bytes and holes. */
    private Path raw(String name, Random random) throws IOException {
        Path path = file(name);
        try (RandomAccessFile out = new RandomAccessFile(path.toFile(), "rw")) {
            out.setLength(SECTORS * 512L);
            for (int i = 0; i < 12; i++) {
                byte[] bytes = new byte[random.nextInt(300) * 512];
                if (random.nextBoolean()) {
                    random.nextBytes(bytes);
                } else {
                    Arrays.fill(bytes, (byte) random.nextInt(2));
                }
                out.seek(random.nextInt(SECTORS - 300) * 512L);
                out.write(bytes);
            }
        }
        return path;
    }

    private static void write(Path image, Random random, int times) throws Exception {
        List<Object> command = new ArrayList<>(List.of("qemu-io", "-f", "qcow2"));
        for (int i = 0; i < times; i++) {
            String how = random.nextInt(4) == 0 ? "-z" : "-P " + random.nextInt(256);
            long offset = random.nextInt(SECTORS - 300) * 512L;
            command.addAll(List.of("-c", "write %s %d %d".formatted(how, offset, random.nextInt(1, 300) * 512)));
        }
        command.add(image);
        Qemu.must(command.toArray());
    }

    @ParameterizedTest
    @CsvSource({
        "'', ''",
        "'', -c",
        "cluster_size=4k, ''",
        "'cluster_size=2M,lazy_refcounts=on', ''",
        "'compression_type=zstd', -c",
        "'extended_l2=on', ''",
        "compat=0.10, -c"
    })
    void whatIsConvertedThereAndBackHoldsTheSame(String options, String compress) throws Exception {
        Random random = random();
        Path raw = raw("source.raw", random);
        Path image = file("image.qcow2");
        List<Object> command = new ArrayList<>(List.of("convert", "-q", "-f", "raw", "-O", "qcow2"));
        if (!options.isEmpty()) {
            command.addAll(List.of("-o", options));
        }
        if (!compress.isEmpty()) {
            command.add(compress);
        }
        command.addAll(List.of(raw, image));
        bed.must(command.toArray());
        Qemu.checkClean("qcow2", image);
        Qemu.compare("qcow2", image, raw);
        bed.must("check", "-q", "-f", "qcow2", image);
        bed.must("convert", "-q", "-f", "qcow2", "-O", "raw", image, file("back.raw"));
        assertEquals(-1, Files.mismatch(raw, file("back.raw")));
        assertEquals("Images are identical.\n", bed.must("compare", "-f", "qcow2", "-F", "raw", image, raw));
    }

    @Test
    void aChainIsMappedDescribedAndConvertedAsQemuDoesIt() throws Exception {
        Random random = random();
        raw("base.raw", random);
        Path middle = file("middle.qcow2");
        Path top = file("top.qcow2");
        Qemu.must("qemu-img", "create", "-q", "-f", "qcow2", "-b", "base.raw", "-F", "raw", middle);
        write(middle, random, 6);
        bed.must("create", "-q", "-f", "qcow2", "-b", "middle.qcow2", "-F", "qcow2", top);
        write(top, random, 6);
        assertEquals(
                plain(Qemu.must("qemu-img", "info", "--output=json", "-f", "qcow2", top)),
                plain(bed.must("info", "--output=json", "-f", "qcow2", top)));
        assertEquals(
                sectors(Qemu.must("qemu-img", "map", "--output=json", "-f", "qcow2", top)),
                sectors(bed.must("map", "--output=json", "-f", "qcow2", top)));
        bed.must("convert", "-q", "-f", "qcow2", "-O", "raw", top, file("flat.raw"));
        Qemu.compare("qcow2", top, file("flat.raw"));
    }

    /** In any order, without how much the host has of it at this moment. */
    private static List<String> plain(String json) {
        return Arrays.stream(json.replaceAll("\\s+", "").split("[,{}]"))
                .filter(each -> !each.isEmpty() && !each.startsWith("\"actual-size\""))
                .sorted()
                .toList();
    }

    /** Sector by sector, since QEMU tells more pieces. Where zeros would stand is nobody's concern. */
    private static List<String> sectors(String json) {
        Matcher block = Pattern.compile("\\{[^}]*}").matcher(json);
        List<String> sectors = new ArrayList<>();
        while (block.find()) {
            String text = block.group();
            boolean data = text.contains("\"data\": true");
            String flags =
                    "depth %d zero %s data %s".formatted(number(text, "depth"), text.contains("\"zero\": true"), data);
            for (long at = 0; at < number(text, "length"); at += 512) {
                sectors.add(flags + (data ? " at " + (number(text, "offset") + at) : ""));
            }
        }
        return sectors;
    }

    private static long number(String text, String name) {
        Matcher found = Pattern.compile("\"" + name + "\": (\\d+)").matcher(text);
        return found.find() ? Long.parseLong(found.group(1)) : -1;
    }

    @Test
    void snapshotsLengthsAndBackingFilesChangeAsQemuWouldChangeThem() throws Exception {
        Random random = random();
        Path base = raw("base.raw", random);
        Files.copy(base, file("other.raw"));
        Path image = file("image.qcow2");
        bed.must("create", "-q", "-f", "qcow2", "-b", "base.raw", "-F", "raw", image);
        write(image, random, 5);
        bed.must("snapshot", "-c", "one", "-f", "qcow2", image);
        bed.must("convert", "-q", "-f", "qcow2", "-O", "raw", image, file("one.raw"));
        write(image, random, 5);
        assertTrue(bed.must("snapshot", "-l", "-f", "qcow2", image).contains("one"));
        bed.must("convert", "-q", "-l", "one", "-f", "qcow2", "-O", "raw", image, file("snapshot.raw"));
        assertEquals(-1, Files.mismatch(file("one.raw"), file("snapshot.raw")));
        bed.must("snapshot", "-a", "one", "-f", "qcow2", image);
        Qemu.compare("qcow2", image, file("one.raw"));
        bed.must("snapshot", "-d", "one", "-f", "qcow2", image);
        Qemu.checkClean("qcow2", image);
        try (RandomAccessFile other = new RandomAccessFile(file("other.raw").toFile(), "rw")) {
            other.seek(1 << 20);
            other.write(new byte[300_000]);
        }
        bed.must("rebase", "-q", "-f", "qcow2", "-b", "other.raw", "-F", "raw", image);
        Qemu.compare("qcow2", image, file("one.raw"));
        bed.must("commit", "-q", "-f", "qcow2", image);
        assertEquals(-1, Files.mismatch(file("other.raw"), file("one.raw")));
        Qemu.compare("qcow2", image, file("one.raw"));
        bed.must("rebase", "-q", "-f", "qcow2", "-b", "", image);
        Qemu.compare("qcow2", image, file("one.raw"));
        assertEquals(1, bed.run("resize", "-q", "-f", "qcow2", image, "1M").status());
        bed.must("resize", "-q", "-f", "qcow2", image, "+1M");
        Qemu.must("qemu-img", "resize", "-q", "-f", "raw", file("one.raw"), "+1M");
        Qemu.compare("qcow2", image, file("one.raw"));
        Qemu.checkClean("qcow2", image);
    }

    @Test
    void aDeltaOfVmdkIsMadeDescribedCommittedAndRebased() throws Exception {
        Random random = random();
        Path raw = raw("base.raw", random);
        Path base = file("base.vmdk");
        Path delta = file("delta.vmdk");
        bed.must("convert", "-q", "-f", "raw", "-O", "vmdk", raw, base);
        Files.copy(base, file("other.vmdk"));
        assertTrue(bed.run("create", "-f", "vmdk", "-b", "base.raw", "-F", "raw", delta)
                .message()
                .contains("stands on another one alone"));
        Files.deleteIfExists(delta);
        bed.must("create", "-q", "-f", "vmdk", "-b", "base.vmdk", "-F", "vmdk", delta);
        String told = bed.must("info", "--output=json", "-f", "vmdk", delta);
        String theirs = Qemu.must("qemu-img", "info", "--output=json", "-f", "vmdk", delta);
        for (String each : List.of("\"backing-filename\": \"base.vmdk\"", "\"virtual-size\": " + SECTORS * 512)) {
            assertTrue(told.contains(each), told);
            assertTrue(theirs.contains(each), theirs);
        }
        Qemu.must("qemu-io", "-f", "vmdk", "-c", "write -P 7 1M 300k", "-c", "write -P 8 5000k 5000", delta);
        bed.must("convert", "-q", "-f", "vmdk", "-O", "raw", delta, file("now.raw"));
        Qemu.compare("vmdk", delta, file("now.raw"));
        assertEquals(
                sectors(Qemu.must("qemu-img", "map", "--output=json", "-f", "vmdk", delta)),
                sectors(bed.must("map", "--output=json", "-f", "vmdk", delta)));
        bed.must("rebase", "-q", "-f", "vmdk", "-b", "other.vmdk", "-F", "vmdk", delta);
        Qemu.compare("vmdk", delta, file("now.raw"));
        bed.must("commit", "-q", "-f", "vmdk", delta);
        Qemu.compare("vmdk", file("other.vmdk"), file("now.raw"));
        Qemu.compare("vmdk", delta, file("now.raw"));
        Qemu.checkClean("vmdk", delta);
        bed.must("compare", "-f", "vmdk", "-F", "raw", delta, file("now.raw"));
        // Somebody writes the base beneath it.
        Qemu.must("qemu-io", "-f", "vmdk", "-c", "write -P 9 0 512", file("other.vmdk"));
        Bed.Ended refused = bed.run("convert", "-q", "-f", "vmdk", "-O", "raw", delta, file("mix.raw"));
        assertEquals(1, refused.status());
        assertTrue(refused.message().contains("it has been written since, or is another one"), refused.message());
        assertTrue(bed.must("info", "-f", "vmdk", delta).contains("backing file: other.vmdk"));
        // Whoever says that it is right gets the identifier of what is there.
        bed.must("rebase", "-u", "-f", "vmdk", "-b", "other.vmdk", "-F", "vmdk", delta);
        bed.must("convert", "-q", "-f", "vmdk", "-O", "raw", delta, file("mix.raw"));
        Qemu.compare("vmdk", delta, file("mix.raw"));
        bed.must("rebase", "-u", "-f", "vmdk", "-b", "base.vmdk", "-F", "vmdk", delta);
        Qemu.checkClean("vmdk", delta);
        bed.must("convert", "-q", "-f", "vmdk", "-O", "raw", delta, file("old.raw"));
        Qemu.compare("vmdk", delta, file("old.raw"));
        // Of a file that is not there yet nothing is known: the identifier stays.
        bed.must("rebase", "-u", "-f", "vmdk", "-b", "moved.vmdk", "-F", "vmdk", delta);
        Files.move(file("base.vmdk"), file("moved.vmdk"));
        Qemu.compare("vmdk", delta, file("old.raw"));
        refused = bed.run("rebase", "-u", "-f", "vmdk", "-b", "now.raw", "-F", "vmdk", delta);
        assertEquals(1, refused.status());
        assertTrue(refused.message().contains("not a VMDK image"), refused.message());
        bed.must("check", "-q", "-f", "vmdk", delta);
    }

    @Test
    void aFormatIsKnownByQemusNameToo() throws Exception {
        Path raw = raw("base.raw", random());
        Path image = file("image.vhd");
        bed.must("convert", "-q", "-f", "raw", "-O", "vpc", "-o", "subformat=fixed", raw, image);
        Qemu.compare("vpc", image, raw);
        assertEquals(bed.must("info", "-f", "vhd", image), bed.must("info", "-f", "vpc", image));
        bed.must("create", "-q", "-f", "vpc", file("empty.vhd"), "1M");
        for (String name : List.of("vpc", "vhd")) {
            Path overlay = file("overlay-" + name);
            bed.must("create", "-q", "-f", "qcow2", "-b", "image.vhd", "-F", name, overlay);
            Qemu.compare("qcow2", overlay, raw);
            bed.must("compare", "-f", "qcow2", "-F", "raw", overlay, raw);
        }
        assertTrue(bed.run("create", "-f", "vcp", file("x"), "1M").message().contains("no installed plugin offers"));
    }

    @Test
    void exitStatusesAreQemus() throws Exception {
        Random random = random();
        Path raw = raw("a.raw", random);
        Path other = raw("b.raw", random);
        Path image = file("a.qcow2");
        bed.must("convert", "-q", "-f", "raw", "-O", "qcow2", raw, image);
        for (Object[] each : new Object[][] {
            {"compare", "-f", "raw", "-F", "raw", raw, other},
            {"compare", "-f", "qcow2", "-F", "raw", image, raw},
            {"compare", "-f", "qcow2", "-F", "raw", image, file("missing")},
            {"check", "-f", "qcow2", image},
            {"check", "-f", "raw", raw},
            {"info", "-f", "qcow2", raw},
            {"resize", "-f", "raw", raw, "nonsense"},
            {"convert", "-f", "raw", "-O", "nonsense", raw, file("x")},
            {"info"}
        }) {
            List<Object> theirs = new ArrayList<>(List.of("qemu-img"));
            theirs.addAll(List.of(each));
            assertEquals(
                    Qemu.run(theirs.toArray()).status(),
                    bed.run(each).status(),
                    () -> List.of(each).toString());
        }
        Path leaking = file("leaking.qcow2");
        bed.must("create", "-q", "-f", "qcow2", leaking, "1M");
        try (RandomAccessFile damaged = new RandomAccessFile(leaking.toFile(), "rw")) {
            // One cluster more, which is said to be in use and is not.
            long clusters = damaged.length() / 65536;
            damaged.setLength((clusters + 1) * 65536);
            damaged.seek(2 * 65536 + 2 * clusters);
            damaged.writeShort(1);
        }
        assertEquals(3, Qemu.run("qemu-img", "check", "-f", "qcow2", leaking).status());
        assertEquals(3, bed.run("check", "-f", "qcow2", leaking).status());
        assertEquals(0, bed.run("check", "-r", "leaks", "-f", "qcow2", leaking).status());
        Qemu.checkClean("qcow2", leaking);
    }

    @Test
    void whatIsWrittenHasADeclaredFormatAndNamesAreFollowedBelowAllowedFoldersOnly() throws Exception {
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        Path images = Files.createDirectory(folder.resolve("images"));
        Path base = Files.write(elsewhere.resolve("base.raw"), new byte[8192]);
        Path image = images.resolve("image.qcow2");
        bed.must("create", "-q", "-f", "qcow2", "-b", base, "-F", "raw", image);
        assertTrue(bed.run("resize", image, "+1M").message().contains("has to be declared"));
        Bed.Ended refused = bed.run("map", "-f", "qcow2", image);
        assertEquals(1, refused.status());
        assertTrue(refused.message().contains("not below a folder where images may be followed to"), refused.message());
        bed.must("map", "--output=json", "--follow", elsewhere, "-f", "qcow2", image);
        // A link does not make it a file of this folder.
        Files.createSymbolicLink(images.resolve("link.raw"), base);
        bed.must("rebase", "-u", "-b", "link.raw", "-F", "raw", "-f", "qcow2", image);
        assertEquals(1, bed.run("map", "-f", "qcow2", image).status());
        // A chain that bites its tail is refused, and not followed for ever.
        bed.must("rebase", "-u", "-b", "image.qcow2", "-F", "qcow2", "-f", "qcow2", image);
        assertTrue(bed.run("map", "-f", "qcow2", image).message().contains("is it a loop"));
        assertFalse(bed.must("info", "-f", "qcow2", image).isEmpty());
        // The same holds for a parent.
        bed.must("create", "-q", "-f", "vmdk", elsewhere.resolve("base.vmdk"), "1M");
        Path delta = images.resolve("delta.vmdk");
        bed.must("create", "-q", "-f", "vmdk", "-b", elsewhere.resolve("base.vmdk"), "-F", "vmdk", delta);
        refused = bed.run("map", "-f", "vmdk", delta);
        assertTrue(refused.message().contains("not below a folder where images may be followed to"), refused.message());
        bed.must("map", "--follow", elsewhere, "-f", "vmdk", delta);
    }
}
