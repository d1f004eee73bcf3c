package dev.backplane.disk.internal;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.image.CompressingStorage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Copies a disk on several threads. What the source says is zeros is not read; what it reads as zeros is not written where the target has
 * zeros already. Everything else is read once and written once, through one buffer a thread.
 */
final class Copier {
    /** A buffer that stays in a processor's cache between the read and the write. */
    static final int CHUNK_BYTES = 512 << 10;

    /** Tells what begins where; null: as if all were bytes. */
    @FunctionalInterface
    interface Map {
        Block at(long offset, long bytes) throws StorageException;
    }

    /**
     * What to do.
     *
     * @param source where from
     * @param map what it holds where; null where nobody knows
     * @param target where to
     * @param fresh whether the target reads as zeros so far
     * @param compressed whether it is to be compressed
     * @param sparseBytes how long zeros must be to be left out, at least; 0: none are looked for
     * @param threads how many requests are in flight
     */
    record Job(
            Storage source,
            @Nullable Map map,
            Storage target,
            boolean fresh,
            boolean compressed,
            long sparseBytes,
            int threads) {}

    private record Chunk(long offset, long bytes, boolean zero) {}

    private final Job job;
    private final Progress progress;
    private final int chunkBytes;
    private final long end;
    private long next;
    private @Nullable Block block;
    private volatile boolean failed;

    Copier(Job job, int unitBytes, Progress progress) {
        this.job = job;
        this.progress = progress;
        chunkBytes = Math.max(CHUNK_BYTES, unitBytes);
        end = job.source().capacityBytes();
    }

    void run() throws StorageException, IOException {
        boolean inOrder = job.compressed()
                && job.target() instanceof CompressingStorage compressing
                && !compressing.compressesInAnyOrder();
        int threads = inOrder ? 1 : job.threads();
        List<FutureTask<?>> tasks = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            FutureTask<?> task = new FutureTask<>(() -> {
                work();
                return null;
            });
            tasks.add(task);
            Thread.ofPlatform().daemon().name("copy-" + i).start(task);
        }
        for (FutureTask<?> task : tasks) {
            await(task);
        }
    }

    private static void await(FutureTask<?> task) throws StorageException, IOException {
        try {
            task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted");
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case StorageException storage -> throw storage;
                case IOException io -> throw io;
                case RuntimeException runtime -> throw runtime;
                case Error error -> throw error;
                case null, default -> throw new IllegalStateException(e);
            }
        }
    }

    private void work() throws StorageException, IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(chunkBytes, 4096);
            for (Chunk chunk = take(); chunk != null; chunk = take()) {
                if (chunk.zero()) {
                    if (!job.fresh()) {
                        job.target().zero(chunk.offset(), chunk.bytes(), true);
                    }
                } else {
                    MemorySegment bytes = buffer.asSlice(0, chunk.bytes());
                    job.source().read(chunk.offset(), bytes);
                    write(chunk.offset(), bytes);
                }
                progress.add(chunk.bytes());
            }
        } catch (StorageException | IOException | RuntimeException | Error e) {
            failed = true;
            throw e;
        }
    }

    /** The next piece of work; pieces begin at multiples of the chunk's length unless a block ends before. */
    private synchronized @Nullable Chunk take() throws StorageException {
        if (failed || next >= end) {
            return null;
        }
        Map map = job.map();
        long offset = next;
        long most = Math.min(end, (offset / chunkBytes + 1) * chunkBytes) - offset;
        if (map == null) {
            next = offset + most;
            return new Chunk(offset, most, false);
        }
        Block found = block;
        if (found == null || found.end() <= offset) {
            found = map.at(offset, end - offset);
            block = found;
        }
        // Bytes are taken with what stands around them, so that the target's clusters are written whole.
        boolean zero = found.zero() && (found.end() >= offset + most || found.end() - offset >= chunkBytes);
        long bytes = zero ? found.end() - offset : most;
        if (zero && bytes > most && found.end() < end) {
            bytes = found.end() / chunkBytes * chunkBytes - offset;
        }
        next = offset + bytes;
        return new Chunk(offset, bytes, zero);
    }

    private void write(long offset, MemorySegment bytes) throws StorageException {
        long length = bytes.byteSize();
        if (job.compressed()) {
            compress(offset, bytes);
            return;
        }
        long granule = job.sparseBytes();
        if (granule == 0) {
            job.target().write(offset, bytes);
            return;
        }
        for (long at = 0; at < length; ) {
            // Zeros that begin within a granule of the target's belong to it.
            boolean zero = Zeros.are(bytes, at, Math.min(at + granule, length));
            long runEnd = Zeros.runEnd(bytes, Math.min(at + granule, length), length, granule, zero);
            if (!zero) {
                job.target().write(offset + at, bytes.asSlice(at, runEnd - at));
            } else if (!job.fresh()) {
                job.target().zero(offset + at, runEnd - at, true);
            }
            at = runEnd;
        }
    }

    private void compress(long offset, MemorySegment bytes) throws StorageException {
        if (!(job.target() instanceof CompressingStorage target)) {
            throw new StorageException(Kind.UNSUPPORTED, "its format cannot compress");
        }
        int unit = target.compressedUnitBytes();
        for (long at = 0; at < bytes.byteSize(); at += unit) {
            long length = Math.min(unit, bytes.byteSize() - at);
            if (!Zeros.are(bytes, at, at + length)) {
                target.writeCompressed(offset + at, bytes.asSlice(at, length));
            }
        }
    }
}
