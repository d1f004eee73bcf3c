package dev.backplane.image.luks;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.PartContext;
import dev.backplane.api.part.Secret;
import dev.backplane.api.storage.StorageException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Opens what is encrypted, and makes new headers. */
public final class Luks {
    /** Key material begins at multiples of 4 KiB, and the header takes the first. */
    private static final int ALIGNED_SECTORS = 8;

    private static final int LEAST_ITERATIONS = 1000;
    /** The key's digest is tried in an eighth of the time. */
    private static final int DIGEST_SHARE = 8;

    private Luks() {}

    /**
     * Finds the key: where a predecessor left it in the bay, else with the passphrase. Takes as long as the header's iterations need. Called
     * by formats where they open an image.
     *
     * @param header says how
     * @param source where the header is, from offset 0 on
     * @param passphrase the file that holds it, as the format's option {@code passphrase} gives it
     * @param context keeps the key for a successor
     * @return a copy of the key, to be closed by the caller
     * @throws ConfigurationException when there is no passphrase, or it is the wrong one
     * @throws StorageException when key material cannot be read
     */
    public static LuksKey open(LuksHeader header, ByteSource source, Optional<Path> passphrase, PartContext context)
            throws ConfigurationException, StorageException {
        Path file = passphrase.orElseThrow(
                () -> new ConfigurationException(
                        "passphrase: the image is encrypted: name the file that holds its passphrase, for instance passphrase: disk.key"));
        try {
            Secret kept = context.resource(header.keyName(), Secret.class, () -> secret(header, source, file));
            return new LuksKey(header.cipher(), kept.copy());
        } catch (ConfigurationException e) {
            if (e.getCause() instanceof StorageException unread) {
                throw unread;
            }
            throw e;
        }
    }

    /** A bay passes on only one kind of exception as it is. */
    private static Secret secret(LuksHeader header, ByteSource source, Path file) throws ConfigurationException {
        try {
            return new Secret(unlock(header, source, file));
        } catch (StorageException e) {
            throw new ConfigurationException(String.valueOf(e.getMessage()), e);
        }
    }

    private static byte[] unlock(LuksHeader header, ByteSource source, Path file)
            throws ConfigurationException, StorageException {
        try (Passphrase passphrase = Passphrase.read(file)) {
            long enabled = 0;
            for (LuksSlot slot : header.slots()) {
                if (slot.enabled()) {
                    enabled++;
                    Optional<byte[]> key = key(header, slot, source, passphrase.bytes());
                    if (key.isPresent()) {
                        return key.get();
                    }
                }
            }
            if (enabled == 0) {
                throw new ConfigurationException(
                        "passphrase: none of the image's key slots is enabled: no passphrase opens it any more");
            }
            throw passphrase.fitsNowhere(enabled);
        }
    }

    private static Optional<byte[]> key(LuksHeader header, LuksSlot slot, ByteSource source, byte[] passphrase)
            throws StorageException {
        LuksCipher cipher = header.cipher();
        byte[] material = new byte[LuksSlot.STRIPES * cipher.keyBytes()];
        source.read(slot.begin(), MemorySegment.ofArray(material));
        code(header, slot, passphrase, material, false);
        byte[] key = AntiForensic.merge(material, LuksSlot.STRIPES, header.hash());
        Arrays.fill(material, (byte) 0);
        if (MessageDigest.isEqual(header.digestOf(key), header.digest())) {
            return Optional.of(key);
        }
        Arrays.fill(key, (byte) 0);
        return Optional.empty();
    }

    /** Key material is encrypted as the disk is, as if it began at sector 0. */
    private static void code(LuksHeader header, LuksSlot slot, byte[] passphrase, byte[] material, boolean encrypting) {
        LuksCipher kind = header.cipher();
        byte[] derived =
                Pbkdf2.derive(header.hash(), passphrase, slot.salt(), (int) slot.iterations(), kind.keyBytes());
        SectorCipher cipher = kind.with(derived);
        if (encrypting) {
            cipher.encrypt(material, 0, material.length, 0);
        } else {
            cipher.decrypt(material, 0, material.length, 0);
        }
        cipher.wipe();
        Arrays.fill(derived, (byte) 0);
    }

    /**
     * A new header and its key.
     *
     * @param header what goes to the image, with key material: its length is where the payload begins
     * @param key encrypts the disk; closed with this
     */
    public record Made(byte[] header, LuksKey key) implements AutoCloseable {
        @Override
        public void close() {
            key.close();
        }
    }

    /**
     * Makes a new header, with a new key that one passphrase opens. Takes as long as was chosen, and a little more.
     *
     * @param choice how
     * @param passphrase the file that holds it
     * @return what goes to the image, and the key
     * @throws ConfigurationException when the passphrase cannot be read
     */
    public static Made make(LuksChoice choice, Path passphrase) throws ConfigurationException {
        try (Passphrase words = Passphrase.read(passphrase)) {
            SecureRandom random = new SecureRandom();
            LuksHeader first = header(choice, random);
            byte[] key = bytes(random, first.cipher().keyBytes());
            LuksHeader header = first.with(first.digestOf(key));
            LuksSlot slot = header.slots().getFirst();
            byte[] split = AntiForensic.split(key, LuksSlot.STRIPES, header.hash(), random);
            code(header, slot, words.bytes(), split, true);
            byte[] area = Arrays.copyOf(header.bytes(), (int) header.payloadOffset());
            System.arraycopy(split, 0, area, (int) slot.begin(), split.length);
            return new Made(area, new LuksKey(header.cipher(), key));
        }
    }

    /** One key slot is enabled; the key's digest is not in it yet. */
    private static LuksHeader header(LuksChoice choice, SecureRandom random) {
        LuksCipher cipher = choice.cipher().xts();
        LuksHash hash = choice.hash();
        long iterations = clamp(Pbkdf2.iterations(hash, cipher.keyBytes(), choice.iterTime()));
        long hashes = Pbkdf2.rounds(hash, 1, cipher.keyBytes());
        int material = LuksSlot.STRIPES * cipher.keyBytes() / SectorCipher.SECTOR_BYTES;
        long each = (material + ALIGNED_SECTORS - 1) / ALIGNED_SECTORS * ALIGNED_SECTORS;
        List<LuksSlot> slots = new ArrayList<>();
        slots.add(new LuksSlot(
                true, iterations, bytes(random, LuksHeader.SALT_BYTES), ALIGNED_SECTORS, LuksSlot.STRIPES));
        while (slots.size() < LuksHeader.SLOTS) {
            long place = ALIGNED_SECTORS + slots.size() * each;
            slots.add(new LuksSlot(false, 0, new byte[LuksHeader.SALT_BYTES], place, LuksSlot.STRIPES));
        }
        return new LuksHeader(
                cipher,
                hash,
                ALIGNED_SECTORS + LuksHeader.SLOTS * each,
                new byte[LuksHeader.DIGEST_BYTES],
                bytes(random, LuksHeader.SALT_BYTES),
                clamp(iterations * hashes / DIGEST_SHARE),
                UUID.randomUUID().toString(),
                List.copyOf(slots));
    }

    private static long clamp(long iterations) {
        return Math.clamp(iterations, LEAST_ITERATIONS, LuksHeader.MOST_ITERATIONS);
    }

    private static byte[] bytes(SecureRandom random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
