package dev.backplane.image.luks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Against published vectors and what the Java runtime has itself. */
class CiphersTest {
    private static final HexFormat HEX = HexFormat.of();

    private static Random random() {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        return new Random(seed);
    }

    /** The begin of ciphertexts of IEEE 1619-2007, annex B: vectors 1, 4 and 10; blocks stand for themselves. */
    @ParameterizedTest
    @CsvSource({
        "0000000000000000000000000000000000000000000000000000000000000000, 0, 0,"
                + " 917cf69ebd68b2ec9b9fe9a3eadda692cd43d2f59598ed858c02c2652fbf922e",
        "2718281828459045235360287471352631415926535897932384626433832795, 0, 1,"
                + " 27a7479befa1d476489f308cd4cfa6e2a96e4bbe3208ff25287dd3819616e89c",
        "2718281828459045235360287471352662497757247093699959574966967627"
                + "3141592653589793238462643383279502884197169399375105820974944592, 255, 1,"
                + " 1c3b3a102f770386e4836c99e370cf9bea00803f5e482357a4ae12d414a3e63b"
    })
    void xtsIsTheStandards(String key, long sector, int step, String expected) throws Exception {
        byte[] keyBytes = HEX.parseHex(key);
        SectorCipher cipher =
                LuksCipher.of("aes", "xts-plain64", keyBytes.length).with(keyBytes);
        byte[] bytes = new byte[512];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * step);
        }
        byte[] plain = bytes.clone();
        cipher.encrypt(bytes, 0, 512, sector);
        assertEquals(expected, HEX.formatHex(bytes, 0, 32));
        cipher.decrypt(bytes, 0, 512, sector);
        assertArrayEquals(plain, bytes);
    }

    @ParameterizedTest
    @CsvSource({
        "xts-plain64, 64",
        "xts-plain64, 32",
        "xts-plain, 64",
        "cbc-essiv:sha256, 32",
        "cbc-plain64, 16",
        "cbc-plain, 32"
    })
    void manySectorsAtOnceAreWhatEachIsAlone(String mode, int keyBytes) throws Exception {
        Random random = random();
        byte[] key = new byte[keyBytes];
        random.nextBytes(key);
        SectorCipher cipher = LuksCipher.of("aes", mode, keyBytes).with(key);
        byte[] plain = new byte[512 * 70];
        random.nextBytes(plain);
        long first = random.nextLong(1L << 40);
        byte[] whole = plain.clone();
        cipher.encrypt(whole, 512, whole.length - 1024, first);
        assertArrayEquals(Arrays.copyOf(plain, 512), Arrays.copyOf(whole, 512));
        for (int at = 512; at < plain.length - 512; at += 512) {
            byte[] sector = Arrays.copyOfRange(plain, at, at + 512);
            cipher.encrypt(sector, 0, 512, first + at / 512 - 1);
            assertArrayEquals(sector, Arrays.copyOfRange(whole, at, at + 512));
        }
        assertEquals(plain[plain.length - 1], whole[whole.length - 1]);
        cipher.decrypt(whole, 512, whole.length - 1024, first);
        assertArrayEquals(plain, whole);
        cipher.wipe();
        cipher.encrypt(whole, 0, 512, first);
        cipher.decrypt(whole, 0, 512, first);
    }

    @ParameterizedTest
    @EnumSource
    void keysAreDerivedAsJavaDerivesThem(LuksHash hash) throws Exception {
        Random random = random();
        for (int bytes : new int[] {20, 32, 64, 65}) {
            String passphrase = Long.toString(random.nextLong(), 36).repeat(1 + random.nextInt(12));
            byte[] salt = new byte[32];
            random.nextBytes(salt);
            int iterations = 1 + random.nextInt(300);
            byte[] expected = SecretKeyFactory.getInstance("PBKDF2WithHmac" + hash.name())
                    .generateSecret(new PBEKeySpec(passphrase.toCharArray(), salt, iterations, bytes * 8))
                    .getEncoded();
            assertArrayEquals(expected, Pbkdf2.derive(hash, passphrase.getBytes("UTF-8"), salt, iterations, bytes));
        }
    }

    @Test
    void theTimeAskedForDecidesAboutTheIterations() {
        long some = Pbkdf2.iterations(LuksHash.SHA256, 64, Duration.ofMillis(20));
        assertEquals(true, some > 100, () -> some + " iterations in 20 ms");
    }

    @ParameterizedTest
    @EnumSource
    void whatIsSplitIsPutTogetherAgainAndNotWithoutAnyStripe(LuksHash hash) {
        Random random = random();
        byte[] key = new byte[64];
        random.nextBytes(key);
        byte[] split = AntiForensic.split(key, 100, hash, random);
        assertArrayEquals(key, AntiForensic.merge(split, 100, hash));
        split[random.nextInt(split.length)] ^= 1;
        assertFalse(Arrays.equals(key, AntiForensic.merge(split, 100, hash)));
    }
}
