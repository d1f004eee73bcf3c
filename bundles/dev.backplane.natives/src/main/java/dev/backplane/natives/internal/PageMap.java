package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;

/** What the kernel tells of this process's pages: 64 bits each (Documentation/admin-guide/mm/pagemap.rst). */
final class PageMap {
    private static final Path FILE = Path.of("/proc/self/pagemap");
    private static final int CHUNK_BYTES = 1 << 16;

    private static final long PRESENT = 1L << 63;
    private static final long SWAPPED = 1L << 62;
    private static final long FILE_OR_SHARED = 1L << 61;

    private PageMap() {}

    /** The pages that are there, in memory or on swap, and belong to no file: the copies that writes have made. */
    static BitSet own(long address, long lengthBytes, long pageSizeBytes) throws HostException {
        int pages = Math.toIntExact(lengthBytes / pageSizeBytes);
        long first = Long.divideUnsigned(address, pageSizeBytes);
        BitSet own = new BitSet(pages);
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.nativeOrder());
        try (FileChannel channel = FileChannel.open(FILE, StandardOpenOption.READ)) {
            for (int page = 0; page < pages; ) {
                chunk.clear().limit((int) Math.min(CHUNK_BYTES, (long) (pages - page) * Long.BYTES));
                if (channel.read(chunk, (first + page) * Long.BYTES) < Long.BYTES) {
                    throw new HostException("read(" + FILE + ")", "EIO", "it ends before page " + (first + page));
                }
                chunk.flip();
                while (chunk.remaining() >= Long.BYTES) {
                    long entry = chunk.getLong();
                    own.set(page++, (entry & (PRESENT | SWAPPED)) != 0 && (entry & FILE_OR_SHARED) == 0);
                }
            }
        } catch (HostException e) {
            throw e;
        } catch (IOException e) {
            throw new HostException("read(" + FILE + ")", "EIO", String.valueOf(e.getMessage()));
        }
        return own;
    }
}
