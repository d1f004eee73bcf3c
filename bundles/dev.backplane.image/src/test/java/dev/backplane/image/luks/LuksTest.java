package dev.backplane.image.luks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Headers that we make, open again, and those that are meant to harm. */
@Timeout(120)
class LuksTest {
    private static final LuksChoice QUICK =
            new LuksChoice(LuksChoice.Cipher.AES_256, LuksHash.SHA256, Duration.ofMillis(1));
    private static final int SLOTS_AT = 208;

    @TempDir
    Path folder = Path.of("");

    private Path key = Path.of("");
    private byte[] image = {};

    @BeforeEach
    void make() throws Exception {
        key = Files.writeString(folder.resolve("disk.key"), "open sesame");
        Luks.Made made = Luks.make(QUICK, key);
        image = made.header();
        made.key().close();
    }

    private ByteSource source() {
        return (offset, target) -> {
            byte[] there = Arrays.copyOfRange(image, (int) offset, (int) (offset + target.byteSize()));
            target.copyFrom(MemorySegment.ofArray(there));
        };
    }

    private LuksKey open(Path passphrase) throws ConfigurationException, StorageException {
        return open(passphrase, StorageBench.context(new TestMachine()));
    }

    private LuksKey open(Path passphrase, StorageContext context) throws ConfigurationException, StorageException {
        return Luks.open(LuksHeader.read(source(), image.length), source(), Optional.of(passphrase), context);
    }

    private static byte[] sector(LuksKey key) {
        byte[] sector = new byte[512];
        key.cipher().encrypt(sector, 0, 512, 7);
        return sector;
    }

    private void refused(Kind kind, String says) {
        var refused = assertThrows(StorageException.class, () -> LuksHeader.read(source(), image.length));
        assertTrue(refused.getMessage().contains(says), refused::getMessage);
        assertEquals(kind, refused.kind(), refused::getMessage);
    }

    private void put(int at, int value) {
        ByteBuffer.wrap(image).putInt(at, value);
    }

    private void put(int at, String text) {
        Arrays.fill(image, at, at + 32, (byte) 0);
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, image, at, bytes.length);
    }

    /** Slot 0's key also in another one. */
    private void copySlot(int to) {
        ByteBuffer all = ByteBuffer.wrap(image);
        int sector = all.getInt(SLOTS_AT + 48 * to + 40);
        int from = 512 * all.getInt(SLOTS_AT + 40);
        System.arraycopy(image, SLOTS_AT, image, SLOTS_AT + 48 * to, 40);
        System.arraycopy(image, from, image, 512 * sector, 256_000);
    }

    @Test
    void thePassphraseOpensWhatWasMadeAndItsKeyIsKeptForASuccessor() throws Exception {
        StorageContext context = StorageBench.context(new TestMachine());
        byte[] expected = sector(open(key, context));
        // Nothing is read and nothing derived a second time.
        Arrays.fill(image, 4096, image.length, (byte) 0);
        assertArrayEquals(expected, sector(open(folder.resolve("no longer there"), context)));
        assertThrows(ConfigurationException.class, () -> open(key));
    }

    @Test
    void anyKeySlotOpensItAndOnlyAnEnabledOne() throws Exception {
        byte[] expected = sector(open(key));
        copySlot(5);
        put(SLOTS_AT, 0x0000dead);
        assertArrayEquals(expected, sector(open(key)));
        put(SLOTS_AT + 48 * 5, 0x0000dead);
        var refused = assertThrows(ConfigurationException.class, () -> open(key));
        assertTrue(refused.getMessage().contains("none of the image's key slots is enabled"), refused::getMessage);
    }

    @Test
    void aPassphraseThatIsWrongMissingEmptyOrUnreadableIsToldApart() throws Exception {
        Path wrong = Files.writeString(folder.resolve("wrong.key"), "open barley");
        Path line = Files.writeString(folder.resolve("line.key"), "open sesame\n");
        Path empty = Files.writeString(folder.resolve("empty.key"), "");
        Path missing = folder.resolve("missing.key");
        copySlot(1);
        for (var each : java.util.Map.of(
                        wrong, "opens none of the 2 key slots",
                        line, "it ends with a line end, which counts",
                        empty, "empty.key is empty",
                        missing, "missing.key cannot be read: it does not exist",
                        folder, "cannot be read: Is a directory")
                .entrySet()) {
            var refused = assertThrows(ConfigurationException.class, () -> open(each.getKey()));
            assertTrue(refused.getMessage().startsWith("passphrase: "), refused::getMessage);
            assertTrue(refused.getMessage().contains(each.getValue()), refused::getMessage);
            assertFalse(refused.getMessage().contains("barley"), refused::getMessage);
        }
        assertThrows(ConfigurationException.class, () -> Luks.make(QUICK, missing));
        LuksHeader header = LuksHeader.read(source(), image.length);
        var none = assertThrows(
                ConfigurationException.class,
                () -> Luks.open(header, source(), Optional.empty(), StorageBench.context(new TestMachine())));
        assertTrue(none.getMessage().startsWith("passphrase: the image is encrypted"), none::getMessage);
    }

    @Test
    void aPassphraseIsAnyBytes() throws Exception {
        byte[] bytes = new byte[300];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        Path binary = Files.write(folder.resolve("binary.key"), bytes);
        Luks.Made made = Luks.make(QUICK, binary);
        image = made.header();
        assertArrayEquals(sector(made.key()), sector(open(binary)));
        Files.write(binary, Arrays.copyOf(bytes, 299));
        assertThrows(ConfigurationException.class, () -> open(binary));
    }

    @Test
    void whatIsNoHeaderOrOneThatWeDoNotKnowIsRefusedWithAReason() throws Exception {
        byte[] good = image.clone();
        put(0, 0x4d5a0000);
        refused(Kind.INVALID_FORMAT, "no LUKS header");
        image = good.clone();
        put(4, 0xbabe0002);
        refused(Kind.UNSUPPORTED, "LUKS version 2: only version 1");
        image = good.clone();
        put(8, "serpent");
        refused(Kind.UNSUPPORTED, "cipher-name \"serpent\"");
        image = good.clone();
        put(8, "\u001b[2Jaes");
        refused(Kind.UNSUPPORTED, "cipher-name \"?[2Jaes\"");
        image = good.clone();
        put(40, "xts-essiv:sha256");
        refused(Kind.UNSUPPORTED, "cipher-mode \"xts-essiv:sha256\"");
        image = good.clone();
        put(72, "md5");
        refused(Kind.UNSUPPORTED, "hash-spec \"md5\"");
        image = good.clone();
        put(108, 48);
        refused(Kind.UNSUPPORTED, "key-bytes 48");
        put(108, -1);
        refused(Kind.UNSUPPORTED, "key-bytes 4294967295");
        image = Arrays.copyOf(good, 500);
        refused(Kind.INVALID_FORMAT, "500 bytes: too few");
    }

    @Test
    void aHeaderThatWouldKeepUsBusyOrLeadsElsewhereIsRefusedBeforeAnythingIsDone() throws Exception {
        byte[] good = image.clone();
        put(SLOTS_AT + 4, -1);
        refused(Kind.UNSUPPORTED, "key slot 0: 4294967295 iterations: expected 1 to 16777216");
        put(SLOTS_AT + 4, 0);
        refused(Kind.UNSUPPORTED, "key slot 0: 0 iterations");
        image = good.clone();
        put(164, -1);
        refused(Kind.UNSUPPORTED, "the key's digest: 4294967295 iterations");
        image = good.clone();
        for (int i = 0; i < 8; i++) {
            put(SLOTS_AT + 48 * i, 0x00ac71f3);
            put(SLOTS_AT + 48 * i + 4, 1 << 24);
        }
        put(164, 1 << 24);
        refused(Kind.UNSUPPORTED, "its key slots take 402653184 rounds of sha256: expected up to 268435456");
        image = good.clone();
        put(SLOTS_AT + 44, -1);
        refused(Kind.CORRUPT, "key slot 0: 4294967295 stripes: expected 4000");
        image = good.clone();
        put(SLOTS_AT, 0x12345678);
        refused(Kind.CORRUPT, "key slot 0: active 0x12345678");
        image = good.clone();
        copySlot(1);
        put(SLOTS_AT + 48 + 40, ByteBuffer.wrap(image).getInt(SLOTS_AT + 40) + 499);
        refused(Kind.CORRUPT, "the key material of key slots 0 and 1 overlaps");
        for (int sector : new int[] {0, 1, 4040 - 499, 4040, -1}) {
            image = good.clone();
            put(SLOTS_AT + 40, sector);
            refused(Kind.CORRUPT, "key slot 0: key material at sector " + Integer.toUnsignedString(sector));
        }
        for (int sector : new int[] {0, 1, 4041, -1}) {
            image = good.clone();
            put(104, sector);
            refused(Kind.CORRUPT, "the payload at sector " + Integer.toUnsignedString(sector));
        }
    }
}
