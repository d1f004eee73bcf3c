package dev.backplane.image.luks;

import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;

/** Encrypts and decrypts whole sectors where they stand. For one thread at a time. */
abstract class SectorCipher {
    static final int SECTOR_BYTES = 512;
    static final int BLOCK_BYTES = 16;

    /**
     * Encrypts sectors.
     *
     * @param bytes holds them, and holds them encrypted afterwards
     * @param from the first byte of them
     * @param length how many bytes, a multiple of 512
     * @param sector the number of the first
     */
    abstract void encrypt(byte[] bytes, int from, int length, long sector);

    /**
     * Decrypts sectors.
     *
     * @param bytes holds them, and holds them decrypted afterwards
     * @param from the first byte of them
     * @param length how many bytes, a multiple of 512
     * @param sector the number of the first
     */
    abstract void decrypt(byte[] bytes, int from, int length, long sector);

    /** Forgets the key and what it was used for. */
    abstract void wipe();

    static Cipher aes(String mode) {
        try {
            return Cipher.getInstance("AES/" + mode + "/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no AES in " + mode, e);
        }
    }

    /** AES itself, block by block. */
    static Cipher ecb(int mode, byte[] key, int from, int length) {
        Cipher cipher = aes("ECB");
        key(cipher, mode, new SecretKeySpec(key, from, length, "AES"));
        return cipher;
    }

    private static void key(Cipher cipher, int mode, SecretKeySpec key) {
        try {
            cipher.init(mode, key);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Has a cipher forget its key by giving it another. */
    static void forget(Cipher cipher) {
        key(cipher, Cipher.ENCRYPT_MODE, new SecretKeySpec(new byte[BLOCK_BYTES], "AES"));
    }
}
