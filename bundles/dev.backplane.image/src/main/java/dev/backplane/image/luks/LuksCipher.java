package dev.backplane.image.luks;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;

/**
 * How sectors are encrypted: AES in a mode, with an initialisation vector from the sector's number.
 *
 * @param mode XTS or CBC
 * @param vector how the vector is made
 * @param keyBytes the length of the whole key; XTS has two of AES's in it
 */
record LuksCipher(Mode mode, Vector vector, int keyBytes) {
    /** Modes. */
    enum Mode {
        XTS,
        CBC
    }

    /** Ways to make the vector. */
    enum Vector {
        /** The sector's number, 64 bits, little-endian. */
        PLAIN64("plain64"),
        /** Its lower 32 bits. */
        PLAIN("plain"),
        /** Its number encrypted with the hash of the key. */
        ESSIV("essiv:sha256");

        private final String spec;

        Vector(String spec) {
            this.spec = spec;
        }
    }

    static LuksCipher of(String name, String modeAndVector, long keyBytes) throws StorageException {
        if (!name.equals("aes")) {
            throw new StorageException(Kind.UNSUPPORTED, "cipher-name \"%s\": only aes is supported".formatted(name));
        }
        for (Mode mode : Mode.values()) {
            for (Vector vector : Vector.values()) {
                LuksCipher cipher = new LuksCipher(mode, vector, (int) keyBytes);
                boolean pointless = mode == Mode.XTS && vector == Vector.ESSIV;
                if (!pointless && cipher.spec().equals(modeAndVector)) {
                    if (keyBytes != 16 * cipher.keys() && keyBytes != 32 * cipher.keys()) {
                        throw new StorageException(
                                Kind.UNSUPPORTED,
                                "key-bytes %d for aes-%s: expected %d or %d"
                                        .formatted(keyBytes, modeAndVector, 16 * cipher.keys(), 32 * cipher.keys()));
                    }
                    return cipher;
                }
            }
        }
        throw new StorageException(
                Kind.UNSUPPORTED,
                "cipher-mode \"%s\": expected xts or cbc with plain64 or plain, or cbc-essiv:sha256"
                        .formatted(modeAndVector));
    }

    private int keys() {
        return mode == Mode.XTS ? 2 : 1;
    }

    /** As it stands in a header. */
    String spec() {
        return modeName() + "-" + vector.spec;
    }

    String modeName() {
        return mode == Mode.XTS ? "xts" : "cbc";
    }

    String vectorName() {
        return vector == Vector.ESSIV ? "essiv" : vector.spec;
    }

    /** AES's own key, in bits. */
    int keyBits() {
        return keyBytes * 8 / keys();
    }

    /** Works with a key, for one thread at a time. */
    SectorCipher with(byte[] key) {
        return mode == Mode.XTS ? new XtsCipher(this, key) : new CbcCipher(this, key);
    }

    /** The number from which a sector's vector is made. */
    long number(long sector) {
        return vector == Vector.PLAIN ? sector & 0xffff_ffffL : sector;
    }
}
