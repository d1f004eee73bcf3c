package dev.backplane.kernel.internal.snapshot;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import dev.backplane.kernel.internal.memory.FileRun;
import dev.backplane.kernel.internal.memory.MemoryRun;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** The memory in a snapshot, with the snapshots below it. Thread-safe but for {@link #close}. */
final class MemoryReader implements AutoCloseable {
    /** How many chunks one thread takes at a time: 4 MiB. */
    private static final int BATCH = 64;

    private final long memoryBytes;
    private final List<Level> levels;

    private final Map<Level, FileChannel> files = new IdentityHashMap<>();

    /**
     * A snapshot of the chain.
     *
     * @param path its file
     * @param compressed whether its chunks are
     * @param index where they are
     */
    record Level(Path path, boolean compressed, MemoryIndex index) {}

    private MemoryReader(long memoryBytes, List<Level> levels) {
        this.memoryBytes = memoryBytes;
        this.levels = List.copyOf(levels);
    }

    /**
     * Opens the files.
     *
     * @param levels the snapshot itself, then its base, and so on
     */
    static MemoryReader open(long memoryBytes, List<Level> levels) throws IOException {
        MemoryReader reader = new MemoryReader(memoryBytes, levels);
        try {
            for (Level level : levels) {
                reader.files.put(level, FileChannel.open(level.path, StandardOpenOption.READ));
            }
            return reader;
        } catch (IOException e) {
            reader.close();
            throw e;
        }
    }

    /** The snapshot that has a chunk. The indexes have been checked: the last one has no base. */
    private Level level(int chunk) {
        for (Level level : levels) {
            if (level.index.length(chunk) != MemoryIndex.IN_BASE) {
                return level;
            }
        }
        throw new IllegalStateException("chunk " + chunk + " is nowhere");
    }

    int checksum(int chunk) {
        return level(chunk).index.checksum(chunk);
    }

    /** Whether a chunk is exactly these bytes. {@code room} has space for a chunk. */
    boolean holds(int chunk, MemorySegment bytes, int checksum, byte[] room) throws IOException {
        if (checksum(chunk) != checksum) {
            return false;
        }
        MemorySegment old = MemorySegment.ofArray(room).asSlice(0, bytes.byteSize());
        old.fill((byte) 0);
        read(chunk, old, new byte[2 * MemoryIndex.CHUNK_BYTES]);
        return old.mismatch(bytes) < 0;
    }

    /**
     * Where all of it is, if each chunk lies as it does in memory.
     *
     * @return ascending; empty where something is compressed or lies elsewhere
     */
    static Optional<List<FileRun>> inPlace(long memoryBytes, List<Level> levels) {
        MemoryReader reader = new MemoryReader(memoryBytes, levels);
        List<FileRun> runs = new ArrayList<>();
        for (int chunk = 0; chunk < MemoryIndex.chunks(memoryBytes); chunk++) {
            Level level = reader.level(chunk);
            boolean zeros = level.index.length(chunk) == MemoryIndex.ZEROS;
            if (level.compressed || !zeros && level.index.position(chunk) != offset(chunk)) {
                return Optional.empty();
            }
            MemoryRun run = new MemoryRun(offset(chunk), MemoryIndex.wholeBytes(chunk, memoryBytes));
            FileRun last = runs.isEmpty() ? null : runs.getLast();
            if (last != null && last.zeros() == zeros && last.file().equals(level.path)) {
                runs.removeLast();
                run = new MemoryRun(last.run().offset(), run.end() - last.run().offset());
            }
            runs.add(new FileRun(run, level.path, zeros));
        }
        return Optional.of(runs);
    }

    /**
     * Puts all of it into memory that is zeros, on several threads.
     *
     * @param most how many at most
     * @throws IOException when a file cannot be read, is shorter than its index says, or what is compressed is damaged: names the file
     */
    void load(MemorySegment memory, int most) throws IOException {
        int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, most);
        AtomicInteger next = new AtomicInteger();
        Callable<Void> work = () -> {
            byte[] packed = new byte[2 * MemoryIndex.CHUNK_BYTES];
            int first;
            while ((first = next.getAndAdd(BATCH)) < MemoryIndex.chunks(memoryBytes)) {
                load(memory, first, Math.min(first + BATCH, MemoryIndex.chunks(memoryBytes)), packed);
            }
            return null;
        };
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<Void>> parts = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                parts.add(pool.submit(work));
            }
            for (Future<Void> part : parts) {
                part.get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException failed ? failed : new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Chunks that lie one behind the other in one file are read at once. */
    private void load(MemorySegment memory, int first, int end, byte[] packed) throws IOException {
        for (int chunk = first; chunk < end; ) {
            Level level = level(chunk);
            int run = chunk + 1;
            if (level.index.length(chunk) > 0 && !level.compressed) {
                while (run < end
                        && level(run) == level
                        && level.index.length(run) > 0
                        && level.index.position(run) == level.index.position(run - 1) + level.index.length(run - 1)) {
                    run++;
                }
                long from = offset(chunk);
                long bytes = Math.min(offset(run), memoryBytes) - from;
                readFully(level, memory.asSlice(from, bytes).asByteBuffer(), level.index.position(chunk));
            } else {
                read(chunk, bytes(memory, chunk), packed);
            }
            chunk = run;
        }
    }

    private static long offset(int chunk) {
        return (long) chunk * MemoryIndex.CHUNK_BYTES;
    }

    private MemorySegment bytes(MemorySegment memory, int chunk) {
        return memory.asSlice(offset(chunk), MemoryIndex.wholeBytes(chunk, memoryBytes));
    }

    private void read(int chunk, MemorySegment into, byte[] packed) throws IOException {
        Level level = level(chunk);
        int length = level.index.length(chunk);
        if (length == MemoryIndex.ZEROS) {
            return;
        }
        if (!level.compressed) {
            readFully(level, into.asByteBuffer(), level.index.position(chunk));
            return;
        }
        readFully(level, ByteBuffer.wrap(packed, 0, length), level.index.position(chunk));
        byte[] plain = new byte[(int) into.byteSize()];
        try {
            long unpacked = Zstd.decompressByteArray(plain, 0, plain.length, packed, 0, length);
            if (unpacked != plain.length) {
                throw new ZstdException(0, unpacked + " bytes in place of " + plain.length);
            }
        } catch (ZstdException e) {
            throw new IOException("%s: the chunk at 0x%x of memory is damaged: %s"
                    .formatted(level.path, offset(chunk), e.getMessage()));
        }
        MemorySegment.copy(MemorySegment.ofArray(plain), 0, into, 0, plain.length);
    }

    private void readFully(Level level, ByteBuffer into, long position) throws IOException {
        FileChannel file = Objects.requireNonNull(files.get(level));
        long at = position;
        while (into.hasRemaining()) {
            int count = file.read(into, at);
            if (count <= 0) {
                throw new IOException("%s: ends at byte %d, in the midst of what it should hold: it has become shorter"
                        .formatted(level.path, at));
            }
            at += count;
        }
    }

    /**
     * Compares memory as it was loaded with the checksums.
     *
     * @return what is wrong, if anything
     */
    static Optional<String> verify(MemorySegment memory, List<Level> levels, BooleanSupplier abandoned) {
        MemoryReader reader = new MemoryReader(memory.byteSize(), levels);
        for (int chunk = 0; chunk < MemoryIndex.chunks(memory.byteSize()) && !abandoned.getAsBoolean(); chunk++) {
            Level level = reader.level(chunk);
            if (level.index.length(chunk) == MemoryIndex.ZEROS) {
                // Nobody has touched it, and a look would make it take memory.
                continue;
            }
            int expected = level.index.checksum(chunk);
            int actual = Checksums.of(reader.bytes(memory, chunk));
            if (actual != expected) {
                return Optional.of("%s: the chunk at 0x%x of memory is damaged: CRC-32C 0x%08x, expected 0x%08x"
                        .formatted(level.path, offset(chunk), actual, expected));
            }
        }
        return Optional.empty();
    }

    @Override
    public void close() throws IOException {
        for (FileChannel file : files.values()) {
            file.close();
        }
    }
}
