package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.part.Option;
import dev.backplane.image.luks.LuksChoice;
import dev.backplane.image.luks.LuksHash;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** What can be chosen for a new image; the names are QEMU's. */
public record QcowCreation(
        @Option(value = "1.1 (or v3), or 0.10 (or v2) for QEMU before 1.1.", byDefault = "1.1")
        String compat,

        @Option(
                value = "What is allocated as one: a power of two from 512 to 2MiB.",
                byDefault = "64KiB",
                min = 512,
                max = 2 << 20,
                unit = Option.Unit.BYTES)
        long clusterSize,

        @Option(value = "How wide a reference count is: 1, 2, 4, 8, 16, 32 or 64.", byDefault = "16", min = 1, max = 64)
        int refcountBits,

        @Option(value = "How -c compresses: zlib or zstd.", byDefault = "zlib")
        Compression compressionType,

        @Option(
                value = "Reference counts may be written late; an image that was not closed has to be checked.",
                byDefault = "false")
        boolean lazyRefcounts,

        @Option(value = "A cluster is allocated in 32 parts.", byDefault = "false")
        boolean extendedL2,

        @Option(value = "off; metadata: all tables are made; full: all clusters too, with zeros.", byDefault = "off")
        Preallocation preallocation,

        @Option("The name of a file beside the image that is to hold the bytes of the disk as they are.")
        Optional<String> dataFile,

        @Option(value = "That file can be read as a raw image at any time.", byDefault = "false")
        boolean dataFileRaw,

        @Option("The disk is encrypted (LUKS), and opens with what this file holds: all of its bytes, a line end too.")
        Optional<Path> passphrase,

        @Option(value = "How it is encrypted: aes-128 or aes-256, in XTS.", byDefault = "aes-256")
        LuksChoice.Cipher cipherAlg,

        @Option(value = "What derives its keys: sha1, sha256 or sha512.", byDefault = "sha256")
        LuksHash hashAlg,

        @Option(value = "How long it takes here to try a passphrase.", byDefault = "2s")
        Duration iterTime) {
    /** Ways to compress. */
    public enum Compression {
        /** Deflate. */
        ZLIB,
        /** Zstandard. */
        ZSTD
    }

    /** What is allocated at once. */
    public enum Preallocation {
        /** Nothing. */
        OFF,
        /** Tables and places. */
        METADATA,
        /** Zeros everywhere. */
        FULL
    }
}
