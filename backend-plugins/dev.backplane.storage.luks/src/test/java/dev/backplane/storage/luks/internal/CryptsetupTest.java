package dev.backplane.storage.luks.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.MemoryStorage;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.Qemu;
import dev.backplane.testkit.image.TestImageTarget;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.opentest4j.TestAbortedException;

/** Headers and key slots of cryptsetup for us, and ours for cryptsetup; it needs no device for that. */
@Timeout(300)
class CryptsetupTest {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final int IMAGE_BYTES = 5 << 20;

    @TempDir
    Path folder = Path.of("");

    private final TestMachine machine = new TestMachine();
    private Path key = Path.of("");
    private Path other = Path.of("");

    @BeforeEach
    void require() throws Exception {
        key = Files.writeString(folder.resolve("disk.key"), "open sesame");
        other = Files.writeString(folder.resolve("other.key"), "open\0barley\n");
        try {
            if (Qemu.run(format(empty("try.luks"), "sha256", "aes-xts-plain64", 512))
                            .status()
                    != 0) {
                throw new TestAbortedException("cryptsetup does not work here without device mapper");
            }
        } catch (IOException e) {
            throw new TestAbortedException("no cryptsetup here (Debian: cryptsetup-bin)");
        }
    }

    private Path empty(String name) throws IOException {
        Path image = folder.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(IMAGE_BYTES);
        }
        return image;
    }

    private Object[] format(Path image, String hash, String cipher, int keyBits) {
        List<Object> command = new ArrayList<>(List.of("cryptsetup", "luksFormat", "-q", "--type", "luks1"));
        command.addAll(List.of("--pbkdf-force-iterations", 1000, "--hash", hash, "--cipher", cipher));
        command.addAll(List.of("--key-size", keyBits, "--key-file", key, image));
        return command.toArray();
    }

    private StorageBench<LuksOptions, LuksState> open(Path image, Path passphrase)
            throws IOException, StorageException, ConfigurationException {
        byte[] bytes = Files.readAllBytes(image);
        MemoryStorage storage = machine.storage(IMAGE);
        storage.resize(bytes.length);
        storage.write(0, MemorySegment.ofArray(bytes));
        return StorageBench.make(new LuksFormat(), new LuksOptions(IMAGE, Optional.of(passphrase)), machine);
    }

    private static byte[] readAll(StorageBench<?, ?> bench) throws StorageException {
        byte[] all = new byte[(int) bench.layer().capacityBytes()];
        bench.layer().read(0, MemorySegment.ofArray(all));
        return all;
    }

    @ParameterizedTest
    @CsvSource({
        "sha1, aes-xts-plain64, 256",
        "sha256, aes-xts-plain64, 512",
        "sha512, aes-xts-plain, 512",
        "sha1, aes-cbc-essiv:sha256, 256",
        "sha256, aes-cbc-plain64, 128",
        "sha512, aes-cbc-plain, 256"
    })
    void whatItFormatsReadsForUsAsForQemu(String hash, String cipher, int keyBits) throws Exception {
        Qemu.require();
        Path image = empty("disk.luks");
        Qemu.must(format(image, hash, cipher, keyBits));
        Path raw = folder.resolve("read.raw");
        Qemu.must(
                "qemu-img",
                "convert",
                "--object",
                "secret,id=s,file=" + key,
                "--image-opts",
                "driver=luks,key-secret=s,file.filename=" + image,
                "-O",
                "raw",
                raw);
        try (var bench = open(image, key)) {
            assertArrayEquals(Files.readAllBytes(raw), readAll(bench));
        }
    }

    @Test
    void slotsThatItFillsOpenAndThoseThatItEmptiesDoNot() throws Exception {
        Path image = empty("disk.luks");
        Qemu.must(format(image, "sha256", "aes-xts-plain64", 512));
        byte[] contents;
        try (var bench = open(image, key)) {
            contents = readAll(bench);
        }
        Qemu.must(
                "cryptsetup",
                "luksAddKey",
                "-q",
                "--pbkdf-force-iterations",
                1000,
                "--key-slot",
                6,
                "--key-file",
                key,
                image,
                other);
        for (Path each : List.of(key, other)) {
            try (var bench = open(image, each)) {
                assertArrayEquals(contents, readAll(bench));
            }
        }
        Qemu.must("cryptsetup", "luksKillSlot", "-q", "--key-file", other, image, 0);
        try (var bench = open(image, other)) {
            assertArrayEquals(contents, readAll(bench));
        }
        var refused = assertThrows(ConfigurationException.class, () -> open(image, key));
        assertTrue(refused.getMessage().contains("opens none of the 1 key slots"), refused::getMessage);
    }

    @Test
    void whatWeMakeOpensForItAndTakesItsPassphrases() throws Exception {
        new LuksFormat().create(LuksContractTest.quick(key), new TestImageTarget(machine, IMAGE, "disk.luks", 1 << 20));
        byte[] model = new byte[1 << 20];
        new Random(3).nextBytes(model);
        try (var bench = StorageBench.plug(new LuksFormat(), new LuksOptions(IMAGE, Optional.of(key)), machine)) {
            bench.layer().write(0, MemorySegment.ofArray(model));
            bench.layer().flush();
        }
        Path image = Files.write(
                folder.resolve("ours.luks"), machine.storage(IMAGE).bytes().toArray(ValueLayout.JAVA_BYTE));
        Object[] test = {"cryptsetup", "open", "--test-passphrase", "--type", "luks1", "--key-file", key, image};
        Qemu.must(test);
        test[6] = other;
        assertEquals(2, Qemu.run(test).status());
        Qemu.must("cryptsetup", "luksAddKey", "-q", "--pbkdf-force-iterations", 1000, "--key-file", key, image, other);
        Qemu.must(test);
        try (var bench = open(image, other)) {
            assertArrayEquals(model, readAll(bench));
        }
    }
}
