package dev.backplane.image.luks;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;

/**
 * XTS (IEEE 1619): a block is mixed with its tweak, encrypted, and mixed with it again. The tweak of a sector's first block is its number
 * encrypted with the second key, that of each further block the one before times x. Blocks go through AES many at once, which is what
 * processors are fast at. Allocates nothing while it works.
 */
final class XtsCipher extends SectorCipher {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** So much goes through AES at once: small enough for a processor's first cache. */
    private static final int PIECE_BYTES = 8192;

    /** x^128 is x^7 + x^2 + x + 1. */
    private static final long POLYNOMIAL = 0x87;

    private final LuksCipher kind;
    private final Cipher encrypting;
    private final Cipher decrypting;
    private final Cipher tweaking;
    private final byte[] numbers = new byte[PIECE_BYTES / SECTOR_BYTES * BLOCK_BYTES];
    private final byte[] firsts = new byte[numbers.length];
    private final byte[] tweaks = new byte[PIECE_BYTES];
    private final byte[] mixed = new byte[PIECE_BYTES];

    XtsCipher(LuksCipher kind, byte[] key) {
        this.kind = kind;
        int half = key.length / 2;
        encrypting = ecb(Cipher.ENCRYPT_MODE, key, 0, half);
        decrypting = ecb(Cipher.DECRYPT_MODE, key, 0, half);
        tweaking = ecb(Cipher.ENCRYPT_MODE, key, half, half);
    }

    @Override
    void encrypt(byte[] bytes, int from, int length, long sector) {
        work(encrypting, bytes, from, length, sector);
    }

    @Override
    void decrypt(byte[] bytes, int from, int length, long sector) {
        work(decrypting, bytes, from, length, sector);
    }

    private void work(Cipher cipher, byte[] bytes, int from, int length, long sector) {
        try {
            for (int done = 0; done < length; done += PIECE_BYTES) {
                int piece = Math.min(PIECE_BYTES, length - done);
                tweaks(piece, sector + done / SECTOR_BYTES);
                mix(bytes, from + done, mixed, 0, piece);
                cipher.update(mixed, 0, piece, bytes, from + done);
                mix(bytes, from + done, bytes, from + done, piece);
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private void tweaks(int length, long sector) throws GeneralSecurityException {
        int sectors = length / SECTOR_BYTES;
        for (int i = 0; i < sectors; i++) {
            LONG.set(numbers, i * BLOCK_BYTES, kind.number(sector + i));
        }
        tweaking.update(numbers, 0, sectors * BLOCK_BYTES, firsts, 0);
        for (int i = 0; i < sectors; i++) {
            long low = (long) LONG.get(firsts, i * BLOCK_BYTES);
            long high = (long) LONG.get(firsts, i * BLOCK_BYTES + Long.BYTES);
            for (int at = i * SECTOR_BYTES; at < (i + 1) * SECTOR_BYTES; at += BLOCK_BYTES) {
                LONG.set(tweaks, at, low);
                LONG.set(tweaks, at + Long.BYTES, high);
                long carry = high >> 63 & POLYNOMIAL;
                high = high << 1 | low >>> 63;
                low = low << 1 ^ carry;
            }
        }
    }

    private void mix(byte[] from, int fromAt, byte[] to, int toAt, int length) {
        for (int i = 0; i < length; i += Long.BYTES) {
            LONG.set(to, toAt + i, (long) LONG.get(from, fromAt + i) ^ (long) LONG.get(tweaks, i));
        }
    }

    @Override
    void wipe() {
        forget(encrypting);
        forget(decrypting);
        forget(tweaking);
        Arrays.fill(firsts, (byte) 0);
        Arrays.fill(tweaks, (byte) 0);
        Arrays.fill(mixed, (byte) 0);
    }
}
