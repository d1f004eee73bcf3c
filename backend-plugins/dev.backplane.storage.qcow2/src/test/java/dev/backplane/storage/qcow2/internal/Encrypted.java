package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageRef;
import dev.backplane.image.luks.LuksChoice;
import dev.backplane.image.luks.LuksHash;
import dev.backplane.storage.qcow2.internal.QcowCreation.Compression;
import dev.backplane.storage.qcow2.internal.QcowCreation.Preallocation;
import dev.backplane.testkit.image.Qemu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Encrypted images for tests, and how QEMU opens them.
 *
 * @param key the file with the passphrase
 */
record Encrypted(Path key) {
    static Encrypted in(Path folder) throws IOException {
        return new Encrypted(Files.writeString(folder.resolve("disk.key"), "open sesame"));
    }

    /** The options of an image that is quickly made. */
    QcowCreation creation(String compat, long clusterSize, boolean extended) {
        return creation(compat, clusterSize, extended, Preallocation.OFF, Optional.empty());
    }

    QcowCreation creation(
            String compat, long clusterSize, boolean extended, Preallocation how, Optional<String> dataFile) {
        return new QcowCreation(
                compat,
                clusterSize,
                16,
                Compression.ZLIB,
                false,
                extended,
                how,
                dataFile,
                false,
                Optional.of(key),
                LuksChoice.Cipher.AES_256,
                LuksHash.SHA256,
                Duration.ofMillis(1));
    }

    QcowOptions options(StorageRef image) {
        return new QcowOptions(image, Optional.empty(), Optional.empty(), Optional.of(key));
    }

    String object() {
        return "secret,id=s,file=" + key;
    }

    /** A data file, where there is one, has to stand beside the image and be called data.raw. */
    String imageOptions(Path image) {
        Path data = image.resolveSibling("data.raw");
        return "driver=qcow2,encrypt.key-secret=s,file.filename=" + image
                + (Files.exists(data) ? ",data-file.filename=" + data : "");
    }

    /** Runs a tool of QEMU's with an image. */
    Qemu.Said run(Path image, Object... words) throws IOException, InterruptedException {
        List<Object> command = new ArrayList<>(List.of(words));
        command.addAll(List.of("--object", object(), "--image-opts", imageOptions(image)));
        return Qemu.run(command.toArray());
    }

    /** A tool of QEMU's that has to succeed with an image. */
    void must(Path image, Object... words) throws IOException, InterruptedException {
        Qemu.Said said = run(image, words);
        if (said.status() != 0) {
            throw new AssertionError(List.of(words) + " " + image + ": " + said);
        }
    }

    /** The disk reads as another file's bytes, and the image is without a flaw. */
    void judge(Path image, Path raw) throws IOException, InterruptedException {
        must(image, "qemu-img", "check");
        Qemu.must(
                "qemu-img",
                "compare",
                "--object",
                object(),
                "--image-opts",
                imageOptions(image),
                "driver=raw,file.filename=" + raw);
    }
}
