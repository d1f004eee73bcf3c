package dev.backplane.storage.luks.internal;

import dev.backplane.api.part.Option;
import dev.backplane.image.luks.LuksChoice;
import dev.backplane.image.luks.LuksHash;
import java.nio.file.Path;
import java.time.Duration;

/** What can be chosen for a new image; the names are QEMU's. */
public record LuksCreation(
        @Option("The file that holds its passphrase: all of its bytes, a line end too.")
        Path passphrase,

        @Option(value = "How it is encrypted: aes-128 or aes-256, in XTS.", byDefault = "aes-256")
        LuksChoice.Cipher cipherAlg,

        @Option(value = "What derives its keys: sha1, sha256 or sha512.", byDefault = "sha256")
        LuksHash hashAlg,

        @Option(value = "How long it takes here to try a passphrase.", byDefault = "2s")
        Duration iterTime) {}
