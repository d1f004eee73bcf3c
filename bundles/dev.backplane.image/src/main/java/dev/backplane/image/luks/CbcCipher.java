package dev.backplane.image.luks;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** CBC, sector by sector: what older tools made. Slower than XTS, since each sector begins anew. */
final class CbcCipher extends SectorCipher {
    private final LuksCipher kind;
    private final Cipher cipher = aes("CBC");
    private final Cipher vectors;
    private SecretKeySpec key;
    private final byte[] sectorBytes = new byte[SECTOR_BYTES];

    CbcCipher(LuksCipher kind, byte[] key) {
        this.kind = kind;
        this.key = new SecretKeySpec(key, "AES");
        byte[] hashed = LuksHash.SHA256.digest().digest(key);
        vectors = ecb(Cipher.ENCRYPT_MODE, hashed, 0, hashed.length);
        Arrays.fill(hashed, (byte) 0);
    }

    @Override
    void encrypt(byte[] bytes, int from, int length, long sector) {
        work(Cipher.ENCRYPT_MODE, bytes, from, length, sector);
    }

    @Override
    void decrypt(byte[] bytes, int from, int length, long sector) {
        work(Cipher.DECRYPT_MODE, bytes, from, length, sector);
    }

    private void work(int mode, byte[] bytes, int from, int length, long sector) {
        try {
            for (int done = 0; done < length; done += SECTOR_BYTES) {
                cipher.init(mode, key, new IvParameterSpec(vector(sector + done / SECTOR_BYTES)));
                System.arraycopy(bytes, from + done, sectorBytes, 0, SECTOR_BYTES);
                cipher.doFinal(sectorBytes, 0, SECTOR_BYTES, bytes, from + done);
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private byte[] vector(long sector) {
        byte[] number = ByteBuffer.allocate(BLOCK_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(kind.number(sector))
                .array();
        return kind.vector() == LuksCipher.Vector.ESSIV ? vectors.update(number) : number;
    }

    @Override
    void wipe() {
        key = new SecretKeySpec(new byte[BLOCK_BYTES], "AES");
        try {
            cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(new byte[BLOCK_BYTES]));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
        forget(vectors);
        Arrays.fill(sectorBytes, (byte) 0);
    }
}
