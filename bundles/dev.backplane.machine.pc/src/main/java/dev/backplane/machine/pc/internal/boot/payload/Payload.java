package dev.backplane.machine.pc.internal.boot.payload;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.internal.boot.KernelFile;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The packed kernel inside a bzImage. */
public final class Payload {
    /** No compression packs a kernel better than five times; a bomb promises more. */
    private static final long MOST_RATIO = 64;

    private static final int CHUNK = 1 << 16;
    private static final int SIZE_BYTES = 4;

    private Payload() {}

    /**
     * Whether the host can unpack it.
     *
     * @param packed the payload
     * @return true for gzip, xz, lzma, zstd and lz4
     */
    public static boolean isKnown(KernelFile packed) {
        return Compression.of((int) packed.u32(0)).isPresent();
    }

    /**
     * Unpacks it.
     *
     * @param packed a payload that {@link #isKnown}
     * @param mostBytes how large the unpacked kernel may be
     * @param arena what the result lives in
     * @return the unpacked kernel
     * @throws ConfigurationException when it is damaged or larger than it may be
     */
    public static KernelFile unpack(KernelFile packed, long mostBytes, Arena arena) throws ConfigurationException {
        Compression compression = Compression.of((int) packed.u32(0)).orElseThrow();
        long length = packed.length();
        long declared = packed.u32(length - SIZE_BYTES);
        if (declared == 0 || declared > mostBytes || declared > length * MOST_RATIO) {
            throw packed.broken("%s payload of %d bytes declares %d unpacked: expected up to %d: damaged"
                    .formatted(compression, length, declared, Math.min(mostBytes, length * MOST_RATIO)));
        }
        MemorySegment data = packed.bytes().asSlice(0, compression.sizeFollows() ? length - SIZE_BYTES : length);
        MemorySegment unpacked = arena.allocate(declared);
        try (InputStream in = compression.open(new SegmentInputStream(data))) {
            long done = fill(unpacked, in);
            if (done < declared || in.read() >= 0) {
                throw packed.broken("%s payload declares %d bytes and has %s: damaged"
                        .formatted(compression, declared, done < declared ? "" + done : "more"));
            }
        } catch (IOException | RuntimeException e) {
            throw packed.broken("%s payload: %s: damaged".formatted(compression, reason(e)), e);
        }
        return new KernelFile(packed.name(), unpacked.asReadOnly());
    }

    private static long fill(MemorySegment target, InputStream in) throws IOException {
        byte[] chunk = new byte[CHUNK];
        long done = 0;
        while (done < target.byteSize()) {
            int count = in.read(chunk, 0, (int) Math.min(chunk.length, target.byteSize() - done));
            if (count < 0) {
                break;
            }
            MemorySegment.copy(chunk, 0, target, ValueLayout.JAVA_BYTE, done, count);
            done += count;
        }
        return done;
    }

    private static String reason(Exception e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
