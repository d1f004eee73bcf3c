package dev.backplane.image.luks;

import dev.backplane.api.storage.StorageException;
import dev.backplane.image.ImageBytes;
import java.nio.ByteBuffer;

/**
 * A key slot: the key, encrypted with what a passphrase and the salt give.
 *
 * @param enabled whether it holds one
 * @param iterations of the derivation
 * @param salt of the derivation
 * @param materialSector where the encrypted key is, in the header
 * @param stripes how many the key is split into
 */
record LuksSlot(boolean enabled, long iterations, byte[] salt, long materialSector, long stripes) {
    static final int BYTES = 48;
    /** The specification's; no tool has ever used another number. */
    static final int STRIPES = 4000;

    private static final int ENABLED = 0x00ac71f3;
    private static final int DISABLED = 0x0000dead;

    static LuksSlot read(int index, ByteBuffer from) throws StorageException {
        int state = from.getInt(0);
        if (state != ENABLED && state != DISABLED) {
            throw ImageBytes.corrupt(
                    "key slot %d: active 0x%08x: expected 0x%08x or 0x%08x".formatted(index, state, ENABLED, DISABLED));
        }
        byte[] salt = new byte[LuksHeader.SALT_BYTES];
        from.get(8, salt);
        return new LuksSlot(
                state == ENABLED,
                Integer.toUnsignedLong(from.getInt(4)),
                salt,
                Integer.toUnsignedLong(from.getInt(40)),
                Integer.toUnsignedLong(from.getInt(44)));
    }

    void write(ByteBuffer to) {
        to.putInt(0, enabled ? ENABLED : DISABLED).putInt(4, (int) iterations).put(8, salt);
        to.putInt(40, (int) materialSector).putInt(44, (int) stripes);
    }

    long begin() {
        return materialSector * SectorCipher.SECTOR_BYTES;
    }

    long end(int keyBytes) {
        return begin() + (long) keyBytes * STRIPES;
    }

    void check(int index, LuksHeader header) throws StorageException {
        LuksHeader.checkIterations("key slot %d".formatted(index), iterations);
        if (stripes != STRIPES) {
            throw ImageBytes.corrupt("key slot %d: %d stripes: expected %d".formatted(index, stripes, STRIPES));
        }
        if (begin() < LuksHeader.BYTES || end(header.cipher().keyBytes()) > header.payloadOffset()) {
            throw ImageBytes.corrupt(
                    "key slot %d: key material at sector %d: expected between the header and the payload at sector %d"
                            .formatted(index, materialSector, header.payloadSector()));
        }
    }
}
