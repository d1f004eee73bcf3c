package dev.backplane.image.luks;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;

/** Hashes that keys are derived with: the specification's {@code hash-spec}. */
public enum LuksHash {
    /** SHA-1. */
    SHA1("SHA-1", 20, 64),
    /** SHA-2 of 256 bits. */
    SHA256("SHA-256", 32, 64),
    /** SHA-2 of 512 bits. */
    SHA512("SHA-512", 64, 128);

    private final String algorithm;
    private final int bytes;
    private final int blockBytes;

    LuksHash(String algorithm, int bytes, int blockBytes) {
        this.algorithm = algorithm;
        this.bytes = bytes;
        this.blockBytes = blockBytes;
    }

    /** As it stands in a header. */
    String spec() {
        return "sha" + name().substring(3);
    }

    /** How long a hash is. */
    int bytes() {
        return bytes;
    }

    /** What it takes in at once. */
    int blockBytes() {
        return blockBytes;
    }

    MessageDigest digest() {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no " + algorithm, e);
        }
    }
}
