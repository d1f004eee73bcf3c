package dev.backplane.image.luks;

import java.time.Duration;

/**
 * What is chosen for a new header. AES is used in XTS with plain64, as QEMU does.
 *
 * @param cipher the length of AES's key
 * @param hash derives keys
 * @param iterTime how long a passphrase is to take to be tried on this host
 */
public record LuksChoice(Cipher cipher, LuksHash hash, Duration iterTime) {
    /** Lengths of AES's key. */
    public enum Cipher {
        /** 128 bits. */
        AES_128(16),
        /** 256 bits. */
        AES_256(32);

        private final int bytes;

        Cipher(int bytes) {
            this.bytes = bytes;
        }

        LuksCipher xts() {
            return new LuksCipher(LuksCipher.Mode.XTS, LuksCipher.Vector.PLAIN64, 2 * bytes);
        }
    }
}
