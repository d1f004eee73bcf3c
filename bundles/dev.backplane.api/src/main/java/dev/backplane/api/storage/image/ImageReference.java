package dev.backplane.api.storage.image;

import java.util.Optional;

/**
 * What an image refers to.
 *
 * @param option the component of the format's options through which it is given, of type {@code Optional<StorageRef>}, or {@code
 *     List<StorageRef>} where several references name it
 * @param role what it is to the image
 * @param name as it stands in the image: a path, absolute or relative to the image's folder. A guest may have written it
 * @param format its type, in QEMU's spelling, where the image says so; {@code Role.DATA} and {@code Role.PART} are given as they are, by
 *     the protocol alone
 */
public record ImageReference(String option, Role role, String name, Optional<String> format) {
    /** What a file is to the image that names it. */
    public enum Role {
        /** The disk that shows through; only read. */
        BACKING,
        /** Bytes of the disk itself, written with it. */
        DATA,
        /** A further part of the image, written with it. */
        PART
    }
}
