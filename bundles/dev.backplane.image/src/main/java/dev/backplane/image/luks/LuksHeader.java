package dev.backplane.image.luks;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.ImageBytes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A header (specification 2.1), checked: everything else may rely on its bounds. */
public final class LuksHeader {
    /** How long it is, without key material. */
    public static final int BYTES = 592;

    static final int SALT_BYTES = 32;
    static final int DIGEST_BYTES = 20;
    static final int SLOTS = 8;

    /** Twice what two seconds allow on a fast processor of today: a header must not keep us busy for hours. */
    static final int MOST_ITERATIONS = 1 << 24;

    /** The same for all that a passphrase which fits nowhere would have us do, in HMACs. */
    private static final long MOST_ROUNDS = 1 << 28;

    private static final byte[] MAGIC = {'L', 'U', 'K', 'S', (byte) 0xba, (byte) 0xbe};
    private static final int VERSION_AT = 6;
    private static final int CIPHER_NAME_AT = 8;
    private static final int CIPHER_MODE_AT = 40;
    private static final int HASH_AT = 72;
    private static final int PAYLOAD_AT = 104;
    private static final int KEY_BYTES_AT = 108;
    private static final int DIGEST_AT = 112;
    private static final int DIGEST_SALT_AT = 132;
    private static final int DIGEST_ITERATIONS_AT = 164;
    private static final int UUID_AT = 168;
    private static final int SLOTS_AT = 208;
    private static final int TEXT_BYTES = 32;
    private static final int UUID_BYTES = 40;

    private final LuksCipher cipher;
    private final LuksHash hash;
    private final long payloadSector;
    private final byte[] digest;
    private final byte[] digestSalt;
    private final long digestIterations;
    private final String uuid;
    private final List<LuksSlot> slots;

    LuksHeader(
            LuksCipher cipher,
            LuksHash hash,
            long payloadSector,
            byte[] digest,
            byte[] digestSalt,
            long digestIterations,
            String uuid,
            List<LuksSlot> slots) {
        this.cipher = cipher;
        this.hash = hash;
        this.payloadSector = payloadSector;
        this.digest = digest;
        this.digestSalt = digestSalt;
        this.digestIterations = digestIterations;
        this.uuid = uuid;
        this.slots = slots;
    }

    /**
     * Whether something begins as a header does.
     *
     * @param bytes 8 of them, or more
     * @return true for version 1
     */
    public static boolean recognizes(ByteBuffer bytes) {
        return bytes.remaining() >= 8 && hasMagic(bytes) && bytes.getShort(VERSION_AT) == 1;
    }

    private static boolean hasMagic(ByteBuffer bytes) {
        return bytes.slice(0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC));
    }

    /**
     * Reads a header.
     *
     * @param source where it is, from offset 0 on
     * @param roomBytes how much there is: the payload may begin at its end, and not behind it
     * @return the header
     * @throws StorageException when it is none, is damaged, or asks for what is not supported
     */
    public static LuksHeader read(ByteSource source, long roomBytes) throws StorageException {
        ByteBuffer at = ByteBuffer.allocate(2 * SectorCipher.SECTOR_BYTES);
        if (roomBytes < at.capacity()) {
            throw new StorageException(Kind.INVALID_FORMAT, "%d bytes: too few for a LUKS header".formatted(roomBytes));
        }
        source.read(0, MemorySegment.ofArray(at.array()));
        if (!hasMagic(at)) {
            throw new StorageException(Kind.INVALID_FORMAT, "no LUKS header: declare its real format");
        }
        if (at.getShort(VERSION_AT) != 1) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "LUKS version %d: only version 1 is supported".formatted(at.getShort(VERSION_AT) & 0xffff));
        }
        List<LuksSlot> slots = new ArrayList<>();
        for (int i = 0; i < SLOTS; i++) {
            slots.add(LuksSlot.read(i, at.slice(SLOTS_AT + i * LuksSlot.BYTES, LuksSlot.BYTES)));
        }
        byte[] digest = new byte[DIGEST_BYTES];
        byte[] salt = new byte[SALT_BYTES];
        at.get(DIGEST_AT, digest).get(DIGEST_SALT_AT, salt);
        LuksHeader header = new LuksHeader(
                LuksCipher.of(
                        text(at, CIPHER_NAME_AT, TEXT_BYTES),
                        text(at, CIPHER_MODE_AT, TEXT_BYTES),
                        Integer.toUnsignedLong(at.getInt(KEY_BYTES_AT))),
                hash(text(at, HASH_AT, TEXT_BYTES)),
                Integer.toUnsignedLong(at.getInt(PAYLOAD_AT)),
                digest,
                salt,
                Integer.toUnsignedLong(at.getInt(DIGEST_ITERATIONS_AT)),
                text(at, UUID_AT, UUID_BYTES),
                List.copyOf(slots));
        header.check(roomBytes);
        return header;
    }

    private static LuksHash hash(String spec) throws StorageException {
        for (LuksHash hash : LuksHash.values()) {
            if (hash.spec().equals(spec)) {
                return hash;
            }
        }
        throw new StorageException(
                Kind.UNSUPPORTED, "hash-spec \"%s\": expected sha1, sha256 or sha512".formatted(spec));
    }

    /** Up to a zero; what a terminal could take for something else is not kept. */
    private static String text(ByteBuffer from, int at, int most) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < most && from.get(at + i) != 0; i++) {
            byte each = from.get(at + i);
            text.append(each >= ' ' && each < 127 ? (char) each : '?');
        }
        return text.toString();
    }

    static void checkIterations(String what, long iterations) throws StorageException {
        if (iterations < 1 || iterations > MOST_ITERATIONS) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "%s: %d iterations: expected 1 to %d".formatted(what, iterations, MOST_ITERATIONS));
        }
    }

    private void check(long roomBytes) throws StorageException {
        if (payloadOffset() < BYTES || payloadOffset() > roomBytes) {
            throw ImageBytes.corrupt("the payload at sector %d, of %d bytes".formatted(payloadSector, roomBytes));
        }
        checkIterations("the key's digest", digestIterations);
        long rounds = 0;
        for (int i = 0; i < SLOTS; i++) {
            LuksSlot slot = slots.get(i);
            if (slot.enabled()) {
                slot.check(i, this);
                checkApart(i);
                rounds += Pbkdf2.rounds(hash, slot.iterations(), cipher.keyBytes())
                        + Pbkdf2.rounds(hash, digestIterations, DIGEST_BYTES);
            }
        }
        if (rounds > MOST_ROUNDS) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "its key slots take %d rounds of %s: expected up to %d"
                            .formatted(rounds, hash.spec(), MOST_ROUNDS));
        }
    }

    private void checkApart(int index) throws StorageException {
        LuksSlot slot = slots.get(index);
        for (int i = 0; i < index; i++) {
            LuksSlot other = slots.get(i);
            if (other.enabled()
                    && slot.begin() < other.end(cipher.keyBytes())
                    && other.begin() < slot.end(cipher.keyBytes())) {
                throw ImageBytes.corrupt("the key material of key slots %d and %d overlaps".formatted(i, index));
            }
        }
    }

    LuksHeader with(byte[] otherDigest) {
        return new LuksHeader(cipher, hash, payloadSector, otherDigest, digestSalt, digestIterations, uuid, slots);
    }

    /** What stands in the image, without key material. */
    byte[] bytes() {
        ByteBuffer to = ByteBuffer.allocate(BYTES);
        to.put(0, MAGIC).putShort(VERSION_AT, (short) 1);
        put(to, CIPHER_NAME_AT, "aes");
        put(to, CIPHER_MODE_AT, cipher.spec());
        put(to, HASH_AT, hash.spec());
        to.putInt(PAYLOAD_AT, (int) payloadSector).putInt(KEY_BYTES_AT, cipher.keyBytes());
        to.put(DIGEST_AT, digest).put(DIGEST_SALT_AT, digestSalt).putInt(DIGEST_ITERATIONS_AT, (int) digestIterations);
        put(to, UUID_AT, uuid);
        for (int i = 0; i < SLOTS; i++) {
            slots.get(i).write(to.slice(SLOTS_AT + i * LuksSlot.BYTES, LuksSlot.BYTES));
        }
        return to.array();
    }

    private static void put(ByteBuffer to, int at, String text) {
        to.put(at, text.getBytes(StandardCharsets.US_ASCII));
    }

    LuksCipher cipher() {
        return cipher;
    }

    LuksHash hash() {
        return hash;
    }

    List<LuksSlot> slots() {
        return slots;
    }

    byte[] digest() {
        return digest.clone();
    }

    long payloadSector() {
        return payloadSector;
    }

    long digestIterations() {
        return digestIterations;
    }

    /** What a key would have as its digest here. */
    byte[] digestOf(byte[] key) {
        return Pbkdf2.derive(hash, key, digestSalt, (int) digestIterations, DIGEST_BYTES);
    }

    /** Tells one key from another without telling any. */
    String keyName() {
        HexFormat hex = HexFormat.of();
        return "luks " + hex.formatHex(digest) + hex.formatHex(digestSalt);
    }

    /**
     * Where the disk begins, where the header belongs to a whole image.
     *
     * @return bytes
     */
    public long payloadOffset() {
        return payloadSector * SectorCipher.SECTOR_BYTES;
    }

    /**
     * What it tells, in the words of {@code qemu-img info --output=json}.
     *
     * @return for {@link dev.backplane.api.storage.image.ImageDescription#details}
     */
    public Map<String, Object> told() {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("ivgen-alg", cipher.vectorName());
        if (cipher.vector() == LuksCipher.Vector.ESSIV) {
            told.put("ivgen-hash-alg", "sha256");
        }
        told.put("hash-alg", hash.spec());
        told.put("cipher-alg", "aes-" + cipher.keyBits());
        told.put("uuid", uuid);
        told.put("cipher-mode", cipher.modeName());
        told.put("slots", slots.stream().map(LuksHeader::told).toList());
        told.put("payload-offset", payloadOffset());
        told.put("master-key-iters", digestIterations);
        return told;
    }

    private static Map<String, Object> told(LuksSlot slot) {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("active", slot.enabled());
        if (slot.enabled()) {
            told.put("iters", slot.iterations());
            told.put("stripes", slot.stripes());
        }
        told.put("key-offset", slot.begin());
        return told;
    }
}
