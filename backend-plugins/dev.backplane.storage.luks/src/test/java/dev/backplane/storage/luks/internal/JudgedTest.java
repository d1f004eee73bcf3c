package dev.backplane.storage.luks.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.image.luks.LuksChoice;
import dev.backplane.image.luks.LuksHash;
import dev.backplane.testkit.image.JudgedContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

class JudgedTest extends JudgedContract<LuksOptions, LuksState> {
    private Path key() {
        return folder.resolve("disk.key");
    }

    @Override
    protected String qemuFormat() {
        return "luks";
    }

    @Override
    protected List<String> objects() throws IOException {
        Files.writeString(key(), "open sesame\n");
        return List.of("secret,id=s,file=" + key());
    }

    @Override
    protected Optional<String> imageOptions(Path image) {
        return Optional.of("driver=luks,key-secret=s,file.filename=" + image);
    }

    @Override
    protected boolean beginsWithZeros() {
        return false;
    }

    @Override
    protected boolean isChecked() {
        return false;
    }

    @Override
    protected StorageOpener<LuksOptions, LuksState> opener() {
        return new LuksFormat();
    }

    @Override
    protected LuksOptions options(List<StorageRef> parts) {
        return new LuksOptions(IMAGE, Optional.of(key()));
    }

    @Override
    protected List<String> variants() {
        return List.of(
                "key-secret=s,iter-time=10",
                "key-secret=s,iter-time=10,hash-alg=sha1,cipher-alg=aes-128,cipher-mode=cbc,ivgen-alg=essiv,ivgen-hash-alg=sha256");
    }

    @Override
    protected Map<String, Creation> creations() {
        Map<String, Creation> all = new LinkedHashMap<>();
        for (LuksChoice.Cipher cipher : LuksChoice.Cipher.values()) {
            for (LuksHash hash : LuksHash.values()) {
                all.put(cipher + " " + hash, target -> {
                    try {
                        objects();
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                    new LuksFormat().create(new LuksCreation(key(), cipher, hash, Duration.ofMillis(1)), target);
                });
            }
        }
        return all;
    }
}
