package dev.backplane.image.luks;

import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;

/** PBKDF2 (RFC 8018 5.2) of bytes: Java's own takes characters, and a passphrase may be any bytes. */
final class Pbkdf2 {
    /** Long enough to tell how fast this host is. */
    private static final Duration MEASURED = Duration.ofMillis(300);

    private static final int TRIED = 1000;

    private Pbkdf2() {}

    /** How many HMACs it takes. */
    static long rounds(LuksHash hash, long iterations, int keyBytes) {
        return iterations * ((keyBytes + hash.bytes() - 1) / hash.bytes());
    }

    static byte[] derive(LuksHash hash, byte[] passphrase, byte[] salt, int iterations, int keyBytes) {
        Hmac hmac = new Hmac(hash, passphrase);
        byte[] key = new byte[keyBytes];
        byte[] last = new byte[hash.bytes()];
        byte[] sum = new byte[hash.bytes()];
        for (int done = 0, block = 1; done < keyBytes; done += sum.length, block++) {
            byte[] first = Arrays.copyOf(salt, salt.length + Integer.BYTES);
            ByteBuffer.wrap(first).putInt(salt.length, block);
            hmac.of(first, last);
            System.arraycopy(last, 0, sum, 0, sum.length);
            for (int i = 1; i < iterations; i++) {
                hmac.of(last, last);
                for (int j = 0; j < sum.length; j++) {
                    sum[j] ^= last[j];
                }
            }
            System.arraycopy(sum, 0, key, done, Math.min(sum.length, keyBytes - done));
        }
        Arrays.fill(last, (byte) 0);
        Arrays.fill(sum, (byte) 0);
        return key;
    }

    /** HMAC (RFC 2104) that goes on from the padded key's hash, which Java's own makes anew each time: half the work. */
    private static final class Hmac {
        private static final byte INNER = 0x36;
        private static final byte OUTER = 0x5c;

        private final MessageDigest inner;
        private final MessageDigest outer;

        Hmac(LuksHash hash, byte[] key) {
            byte[] shortened = key.length > hash.blockBytes() ? hash.digest().digest(key) : key;
            byte[] padded = Arrays.copyOf(shortened, hash.blockBytes());
            inner = begun(hash, padded, INNER);
            outer = begun(hash, padded, OUTER);
            Arrays.fill(padded, (byte) 0);
        }

        private static MessageDigest begun(LuksHash hash, byte[] padded, byte with) {
            byte[] mixed = padded.clone();
            for (int i = 0; i < mixed.length; i++) {
                mixed[i] ^= with;
            }
            MessageDigest digest = hash.digest();
            digest.update(mixed);
            Arrays.fill(mixed, (byte) 0);
            return digest;
        }

        void of(byte[] bytes, byte[] result) {
            try {
                MessageDigest digest = (MessageDigest) inner.clone();
                digest.update(bytes);
                digest.digest(result, 0, result.length);
                digest = (MessageDigest) outer.clone();
                digest.update(result);
                digest.digest(result, 0, result.length);
            } catch (CloneNotSupportedException | DigestException e) {
                throw new IllegalStateException("this Java's hashes cannot be gone on from", e);
            }
        }
    }

    /** So many iterations take so long here: as many as in the best moment of some, since what else the host does comes and goes. */
    static long iterations(LuksHash hash, int keyBytes, Duration time) {
        long begun = System.nanoTime();
        long least = Long.MAX_VALUE;
        do {
            long begin = System.nanoTime();
            derive(hash, new byte[keyBytes], new byte[LuksHeader.SALT_BYTES], TRIED, keyBytes);
            least = Math.min(least, Math.max(1, System.nanoTime() - begin));
        } while (System.nanoTime() - begun < Math.min(time.toNanos(), MEASURED.toNanos()));
        return (long) ((double) TRIED * time.toNanos() / least);
    }
}
