package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.part.ConfigurationException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * A kernel's bytes, little-endian, or a part of them. What lies beyond the end reads as zero, so that a signature can be looked
 * for in any file; {@link #slice} is what refuses to go there.
 *
 * @param name what messages call it
 * @param bytes its content
 */
public record KernelFile(String name, MemorySegment bytes) {
    /** A kernel with all its debugging information has less. */
    private static final long LARGEST = 2L << 30;

    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /**
     * Reads a file whole, so that nobody can change it between a check and its use.
     *
     * @param path the file
     * @param arena what the content lives in
     * @return its content
     * @throws ConfigurationException when it cannot be read or is too large to be a kernel
     */
    public static KernelFile read(Path path, Arena arena) throws ConfigurationException {
        try (BootFile file = BootFile.open("kernel", path)) {
            if (file.length() > LARGEST) {
                throw file.refused("%d bytes: more than 2 GiB".formatted(file.length()));
            }
            MemorySegment bytes = arena.allocate(file.length());
            file.readInto(bytes);
            return new KernelFile(path.toString(), bytes);
        }
    }

    /** Its length in bytes. */
    public long length() {
        return bytes.byteSize();
    }

    boolean has(long offset, long length) {
        return offset >= 0 && length >= 0 && offset <= length() - length;
    }

    /** A part of it, under the same name. */
    KernelFile slice(String what, long offset, long length) throws ConfigurationException {
        if (!has(offset, length)) {
            throw broken("%s at 0x%x, 0x%x bytes: the file ends at 0x%x: truncated or damaged"
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

    /** Also for the payload's signatures. */
    public long u32(long offset) {
        return has(offset, 4) ? bytes.get(U32, offset) & 0xffff_ffffL : 0;
    }

    long u64(long offset) {
        return has(offset, 8) ? bytes.get(U64, offset) : 0;
    }

    /** An error that names the file. */
    public ConfigurationException broken(String what) {
        return new ConfigurationException("kernel: %s: %s".formatted(name, what));
    }

    /** An error that names the file and what was thrown. */
    public ConfigurationException broken(String what, Throwable cause) {
        return new ConfigurationException("kernel: %s: %s".formatted(name, what), cause);
    }
}
