package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.storage.qcow2.internal.QcowCreation.Preallocation;
import dev.backplane.testkit.image.JudgedContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;

/** Encrypted images, ours for QEMU's tools and theirs for us. */
class EncryptedJudgedTest extends JudgedContract<QcowOptions, QcowState> {
    private Encrypted encrypted = new Encrypted(Path.of(""));

    @BeforeEach
    void makeKey() throws IOException {
        encrypted = Encrypted.in(folder);
    }

    @Override
    protected String qemuFormat() {
        return "qcow2";
    }

    @Override
    protected List<String> objects() {
        return List.of(encrypted.object());
    }

    @Override
    protected Optional<String> imageOptions(Path image) {
        return Optional.of(encrypted.imageOptions(image));
    }

    @Override
    protected StorageOpener<QcowOptions, QcowState> opener() {
        return new QcowFormat();
    }

    @Override
    protected QcowOptions options(List<StorageRef> parts) {
        return encrypted.options(IMAGE);
    }

    @Override
    protected List<String> variants() {
        // One, since QEMU takes seconds for each.
        return List.of("encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10,"
                + "encrypt.cipher-alg=aes-128,encrypt.hash-alg=sha512,cluster_size=4k");
    }

    @Override
    protected Map<String, Creation> creations() {
        Map<String, Creation> all = new LinkedHashMap<>();
        Map<String, QcowCreation> options = new LinkedHashMap<>();
        options.put("defaults", encrypted.creation("1.1", 65536, false));
        options.put("version 2", encrypted.creation("0.10", 65536, false));
        options.put("small clusters", encrypted.creation("1.1", 512, false));
        options.put("large clusters", encrypted.creation("1.1", 2 << 20, false));
        options.put("subclusters", encrypted.creation("1.1", 32768, true));
        options.put("zeros", encrypted.creation("1.1", 4096, false, Preallocation.FULL, Optional.empty()));
        options.forEach((name, each) -> all.put(name, target -> new QcowFormat().create(each, target)));
        return all;
    }
}
