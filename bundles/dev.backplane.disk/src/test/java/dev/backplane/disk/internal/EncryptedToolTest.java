package dev.backplane.disk.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.testkit.image.Qemu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Encrypted images through the tool; its passphrases stand in files. */
@Timeout(300)
class EncryptedToolTest {
    @TempDir
    Path folder = Path.of("");

    private final Bed bed = new Bed();
    private Path key = Path.of("");
    private Path other = Path.of("");
    private Path raw = Path.of("");

    @BeforeEach
    void make() throws Exception {
        Qemu.require();
        key = Files.writeString(file("disk.key"), "open sesame");
        other = Files.writeString(file("other.key"), "open barley");
        byte[] bytes = new byte[3_000_320];
        new Random(7).nextBytes(bytes);
        Arrays.fill(bytes, 500_000, 1_500_000, (byte) 0);
        raw = Files.write(file("disk.raw"), bytes);
    }

    private Path file(String name) {
        return folder.resolve(name);
    }

    private void theySay(String format, Path image, Path passphrase) throws Exception {
        Qemu.must(
                "qemu-img",
                "compare",
                "--object",
                "secret,id=s,file=" + passphrase,
                "--image-opts",
                "driver=%s,%skey-secret=s,file.filename=%s"
                        .formatted(format, format.equals("qcow2") ? "encrypt." : "", image),
                "driver=raw,file.filename=" + raw);
    }

    @ParameterizedTest
    @ValueSource(strings = {"qcow2", "luks"})
    void whatIsConvertedThereAndBackHoldsTheSame(String format) throws Exception {
        Path image = file("image");
        Path again = file("again");
        String options = "passphrase=%s,iter_time=1ms";
        bed.must("convert", "-q", "-f", "raw", "-O", format, "-o", options.formatted(key), raw, image);
        theySay(format, image, key);
        bed.must("compare", "--passphrase", key, "-f", format, "-F", "raw", image, raw);
        bed.must(
                "convert",
                "-q",
                "--passphrase",
                key,
                "-f",
                format,
                "-O",
                format,
                "-o",
                options.formatted(other),
                image,
                again);
        theySay(format, again, other);
        String[] both = {
            "compare", "--passphrase", "" + key, "--second-passphrase", "" + other, "-f", format, "-F", format
        };
        Object[] words = Arrays.copyOf((Object[]) both, both.length + 2, Object[].class);
        words[both.length] = image;
        words[both.length + 1] = again;
        assertEquals("Images are identical.\n", bed.must(words));
        bed.must("convert", "-q", "--passphrase", other, "-f", format, "-O", "raw", again, file("back.raw"));
        assertEquals(-1, Files.mismatch(raw, file("back.raw")));
        Bed.Ended wrong = bed.run("map", "--passphrase", other, "-f", format, image);
        assertTrue(wrong.message().contains("opens none of the 1 key slots"), wrong.message());
        Bed.Ended none = bed.run("convert", "-f", format, "-O", "raw", image, file("none.raw"));
        assertTrue(none.message().contains("passphrase: the image is encrypted"), none.message());
        bed.must("map", "--output=json", "--passphrase", key, "-f", format, image);
    }

    /** In any order, without how much the host has of it at this moment. */
    private static List<String> plain(String json) {
        return Arrays.stream(json.replaceAll("\\s+", "").split("[,{}]"))
                .filter(each -> !each.isEmpty() && !each.startsWith("\"actual-size\""))
                .sorted()
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"qcow2", "luks"})
    void itIsDescribedAsQemuDescribesItWithoutThePassphrase(String format) throws Exception {
        Path image = file("image");
        bed.must("create", "-q", "-f", format, "-o", "passphrase=" + key + ",iter-time=1ms", image, "3M");
        assertEquals(
                plain(Qemu.must("qemu-img", "info", "--output=json", image)),
                plain(bed.must("info", "--output=json", image)));
        assertTrue(bed.must("info", image).contains("encrypted: yes"));
    }

    @Test
    void snapshotsLengthsAndBackingFilesChangeInEncryptedImagesToo() throws Exception {
        Path base = file("base.qcow2");
        Path image = file("image.qcow2");
        String quick = ",iter_time=1ms";
        bed.must("convert", "-q", "-f", "raw", "-O", "qcow2", "-o", "passphrase=" + other + quick, raw, base);
        bed.must(
                "create",
                "-q",
                "-f",
                "qcow2",
                "-o",
                "passphrase=" + key + quick,
                "-b",
                "base.qcow2",
                "-F",
                "qcow2",
                "--base-passphrase",
                other,
                image);
        Bed.Ended missing = bed.run("compare", "--passphrase", key, "-f", "qcow2", "-F", "raw", image, raw);
        assertEquals(2, missing.status());
        assertTrue(missing.message().contains("base.qcow2: passphrase: the image is encrypted"), missing.message());
        Object[] same = {
            "compare", "--passphrase", key, "--backing-passphrase", other, "-f", "qcow2", "-F", "raw", image, raw
        };
        bed.must(same);
        Path open = file("open.qcow2");
        String ofBase = "--base-passphrase";
        bed.must("create", "-q", "-f", "qcow2", "-b", "image.qcow2", "-F", "qcow2", ofBase, key, ofBase, other, open);
        String below = "--backing-passphrase";
        Path flat = file("flat.raw");
        bed.must("convert", "-q", below, key, below, other, "-f", "qcow2", "-O", "raw", open, flat);
        assertEquals(-1, Files.mismatch(raw, flat));
        bed.must("snapshot", "-c", "one", "--passphrase", key, "-f", "qcow2", image);
        assertTrue(bed.must("snapshot", "-l", "-f", "qcow2", image).contains("one"));
        bed.must("commit", "-q", "--passphrase", key, "--backing-passphrase", other, "-f", "qcow2", image);
        bed.must(same);
        bed.must("snapshot", "-d", "one", "--passphrase", key, "-f", "qcow2", image);
        bed.must("rebase", "-q", "--passphrase", key, "--backing-passphrase", other, "-f", "qcow2", "-b", "", image);
        bed.must("compare", "--passphrase", key, "-f", "qcow2", "-F", "raw", image, raw);
        bed.must("resize", "-q", "--passphrase", key, "-f", "qcow2", image, "+1M");
        bed.must("resize", "-q", "-f", "raw", raw, "+1M");
        theySay("qcow2", image, key);
        bed.must("check", "-q", "-f", "qcow2", image);
        bed.must("bench", "-q", "-c", "10", "--passphrase", key, "-f", "qcow2", image);
    }
}
