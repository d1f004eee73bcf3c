package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.part.ConfigurationException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A kernel's bytes, little-endian, or a part of them. Offsets are unsigned and checked: what lies outside is the file's fault.
 *
 * @param name what messages call it
 * @param bytes its content
 */
public record KernelFile(String name, MemorySegment bytes) {
    private static final long LARGEST = 1L << 30;
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /**
     * Reads a file whole, so that nobody can change it between a check and its use.
     *
     * @param path the file
     * @return its content
     * @throws ConfigurationException when it cannot be read or is too large to be a kernel
     */
    public static KernelFile read(Path path) throws ConfigurationException {
        try {
            if (!Files.isRegularFile(path)) {
                throw new ConfigurationException(
                        "kernel: %s: %s".formatted(path, Files.exists(path) ? "not a file" : "no such file"));
            }
            if (Files.size(path) > LARGEST) {
                throw new ConfigurationException(
                        "kernel: %s: %d bytes: more than 1 GiB".formatted(path, Files.size(path)));
            }
            return new KernelFile(path.toString(), MemorySegment.ofArray(Files.readAllBytes(path)));
        } catch (IOException e) {
            throw new ConfigurationException("kernel: %s: cannot be read: %s".formatted(path, e.getMessage()), e);
        }
    }

    /** Its length in bytes. */
    long length() {
        return bytes.byteSize();
    }

    boolean has(long offset, long length) {
        return offset >= 0 && length >= 0 && offset <= length() - length;
    }

    /** A part of it, under the same name. */
    KernelFile slice(String what, long offset, long length) throws ConfigurationException {
        if (!has(offset, length)) {
            throw broken("%s at 0x%x, 0x%x bytes: beyond the end of the file (0x%x bytes): truncated or damaged"
                    .formatted(what, offset, length, length()));
        }
        return new KernelFile(name, bytes.asSlice(offset, length));
    }

    int u8(long offset) {
        return has(offset, 1) ? bytes.get(ValueLayout.JAVA_BYTE, offset) & 0xff : 0;
    }

    int u16(long offset) {
        return has(offset, 2) ? bytes.get(U16, offset) & 0xffff : 0;
    }

    long u32(long offset) {
        return has(offset, 4) ? bytes.get(U32, offset) & 0xffff_ffffL : 0;
    }

    long u64(long offset) {
        return has(offset, 8) ? bytes.get(U64, offset) : 0;
    }

    /** An error that names the file. */
    ConfigurationException broken(String what) {
        return new ConfigurationException("kernel: %s: %s".formatted(name, what));
    }
}
