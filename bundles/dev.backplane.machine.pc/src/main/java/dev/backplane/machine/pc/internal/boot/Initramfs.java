package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.memory.Lease;
import dev.backplane.api.part.ConfigurationException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Looks whether Linux can make something of an initial RAM disk, before it says "no working init" after seconds: it must begin as
 * one of the formats that Linux knows, and an archive that is not packed must be whole (buffer-format.rst).
 */
final class Initramfs {
    private static final int HEADER = 110;
    private static final String TRAILER = "TRAILER!!!\0";

    /** Signatures of packed archives and of file system images: offset, then the bytes as characters. */
    private record Signature(int offset, String bytes) {}

    private static final Signature[] OTHERS = {
        new Signature(0, "\u001f\u008b"),
        new Signature(0, "\u001f\u009e"),
        new Signature(0, "BZh"),
        new Signature(0, "\u005d\u0000\u0000"),
        new Signature(0, "\u00fd7zXZ"),
        new Signature(0, "\u0089LZO"),
        new Signature(0, "\u0002\u0021\u004c\u0018"),
        new Signature(0, "\u0028\u00b5\u002f\u00fd"),
        new Signature(0, "hsqs"),
        new Signature(0, "-rom1fs-"),
        new Signature(0, "\u0045\u003d\u00cd\u0028"),
        new Signature(0x438, "\u0053\u00ef"),
    };

    private Initramfs() {}

    static void check(Path path, BootMemory memory, LoadedFile file) throws ConfigurationException {
        try (Lease lease = memory.read(file.gpa(), file.length())) {
            KernelFile bytes = new KernelFile(path.toString(), lease.segment());
            if (isArchive(bytes, 0)) {
                walk(path, bytes);
            } else if (Arrays.stream(OTHERS).noneMatch(signature -> has(bytes, signature.offset, signature.bytes))) {
                throw refused(
                        path, "neither a cpio archive (newc), packed or not, nor a file system image that Linux knows");
            }
        }
    }

    /** Archives may follow each other, with zeros between; what follows in another format is left to the kernel. */
    private static void walk(Path path, KernelFile bytes) throws ConfigurationException {
        long at = 0;
        while (at < bytes.length()) {
            if (isArchive(bytes, at)) {
                at = walkOne(path, bytes, at);
            } else if (bytes.u8(at) == 0) {
                at++;
            } else {
                return;
            }
        }
    }

    private static long walkOne(Path path, KernelFile bytes, long start) throws ConfigurationException {
        long at = start;
        while (true) {
            if (!isArchive(bytes, at) || !bytes.has(at, HEADER)) {
                throw refused(
                        path,
                        "cpio archive: no header at 0x%x, where one should be: truncated or damaged".formatted(at));
            }
            long fileBytes = hex(bytes, at + 54);
            long nameBytes = hex(bytes, at + 94);
            long content = at + HEADER + nameBytes + 3 & ~3L;
            if (fileBytes < 0 || nameBytes <= 0 || !bytes.has(content, fileBytes)) {
                throw refused(
                        path,
                        "cpio archive: the entry at 0x%x reaches beyond the end of the file (0x%x bytes): truncated or damaged"
                                .formatted(at, bytes.length()));
            }
            if (has(bytes, at + HEADER, TRAILER)) {
                return content;
            }
            at = content + fileBytes + 3 & ~3L;
        }
    }

    private static boolean isArchive(KernelFile bytes, long at) {
        return has(bytes, at, "070701") || has(bytes, at, "070702");
    }

    private static boolean has(KernelFile bytes, long at, String expected) {
        if (!bytes.has(at, expected.length())) {
            return false;
        }
        for (int i = 0; i < expected.length(); i++) {
            if (bytes.u8(at + i) != expected.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Eight hexadecimal digits, or -1. */
    private static long hex(KernelFile bytes, long at) {
        long value = 0;
        for (int i = 0; i < 8; i++) {
            int digit = Character.digit(bytes.u8(at + i), 16);
            if (digit < 0) {
                return -1;
            }
            value = value << 4 | digit;
        }
        return value;
    }

    private static ConfigurationException refused(Path path, String why) {
        return new ConfigurationException("initrd: %s: %s".formatted(path, why));
    }
}
