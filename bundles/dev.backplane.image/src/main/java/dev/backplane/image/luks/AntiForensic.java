package dev.backplane.image.luks;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * The splitter (specification 2.4): a key as many stripes, of which none may be missing, so that a disk that has kept some of them does not
 * give the key away.
 */
final class AntiForensic {
    private AntiForensic() {}

    static byte[] split(byte[] key, int stripes, LuksHash hash, RandomGenerator random) {
        byte[] out = new byte[key.length * stripes];
        byte[] last = new byte[key.length];
        byte[] stripe = new byte[key.length];
        MessageDigest digest = hash.digest();
        for (int i = 0; i < stripes - 1; i++) {
            random.nextBytes(stripe);
            System.arraycopy(stripe, 0, out, i * key.length, key.length);
            mix(last, out, i * key.length);
            diffuse(last, digest);
        }
        mix(last, key, 0);
        System.arraycopy(last, 0, out, (stripes - 1) * key.length, key.length);
        Arrays.fill(last, (byte) 0);
        return out;
    }

    static byte[] merge(byte[] split, int stripes, LuksHash hash) {
        int bytes = split.length / stripes;
        byte[] key = new byte[bytes];
        MessageDigest digest = hash.digest();
        for (int i = 0; i < stripes - 1; i++) {
            mix(key, split, i * bytes);
            diffuse(key, digest);
        }
        mix(key, split, (stripes - 1) * bytes);
        return key;
    }

    private static void mix(byte[] into, byte[] from, int at) {
        for (int i = 0; i < into.length; i++) {
            into[i] ^= from[at + i];
        }
    }

    /** Every piece of a hash's length becomes its hash, its number before it. */
    private static void diffuse(byte[] bytes, MessageDigest digest) {
        for (int at = 0, piece = 0; at < bytes.length; at += digest.getDigestLength(), piece++) {
            int length = Math.min(digest.getDigestLength(), bytes.length - at);
            digest.update(ByteBuffer.allocate(4).putInt(0, piece));
            digest.update(bytes, at, length);
            System.arraycopy(digest.digest(), 0, bytes, at, length);
        }
    }
}
