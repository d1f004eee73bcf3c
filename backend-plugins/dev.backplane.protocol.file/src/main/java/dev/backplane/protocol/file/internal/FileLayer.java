package dev.backplane.protocol.file.internal;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.ImageFile;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.image.DescribedStorage;
import dev.backplane.api.storage.image.ImageDescription;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The file as it is. Reads and writes are the host's, at any depth; nothing is kept here. */
final class FileLayer implements StorageLayer<FileState>, ResizableStorage, MappedStorage, DescribedStorage {
    /** A buffer has an int's length. */
    private static final long AT_ONCE = 1 << 30;

    private static final int ZEROS_BYTES = 64 << 10;

    private final FileOptions options;
    private final ImageFile host;
    private final FileChannel file;
    private final @Nullable DirectWay direct;
    private volatile long capacityBytes;

    FileLayer(FileOptions options, ImageFile host, @Nullable DirectWay direct, long capacityBytes) {
        this.options = options;
        this.direct = direct;
        this.host = host;
        file = host.channel();
        this.capacityBytes = capacityBytes;
    }

    @Override
    public boolean holdsBack() {
        return false;
    }

    @Override
    public long capacityBytes() {
        return capacityBytes;
    }

    @Override
    public boolean isWritable() {
        return !options.readOnly();
    }

    /** One transfer at an offset: how many bytes, or -1 at the end. */
    @FunctionalInterface
    private interface Transfer {
        int at(FileChannel channel, ByteBuffer buffer, long offset) throws IOException;
    }

    private void transfer(long offset, MemorySegment memory, Transfer transfer, String what) throws StorageException {
        StorageException.checkRange(offset, memory.byteSize(), capacityBytes);
        for (long done = 0; done < memory.byteSize(); ) {
            MemorySegment rest = memory.asSlice(done, Math.min(AT_ONCE, memory.byteSize() - done));
            int moved;
            try {
                moved = transfer(offset + done, rest, transfer);
            } catch (IOException e) {
                throw failed(what, offset + done, e);
            }
            if (moved < 0) {
                throw new StorageException(
                        Kind.IO,
                        "%s has become shorter: nothing to %s at %d".formatted(options.path(), what, offset + done));
            }
            done += moved;
        }
    }

    /** As much as goes one way. */
    private int transfer(long offset, MemorySegment rest, Transfer transfer) throws IOException {
        DirectWay past = direct;
        if (past == null) {
            return transfer.at(file, rest.asByteBuffer(), offset);
        }
        long cached = past.cached(offset, rest);
        if (cached > 0) {
            return transfer.at(file, rest.asSlice(0, cached).asByteBuffer(), offset);
        }
        long whole = rest.byteSize() & -past.blockBytes();
        return transfer.at(past.channel(), rest.asSlice(0, whole).asByteBuffer(), offset);
    }

    private StorageException failed(String what, long offset, IOException e) {
        String reason = String.valueOf(e.getMessage());
        Kind kind = reason.contains("No space left") ? Kind.NO_SPACE : Kind.IO;
        return new StorageException(kind, "%s: %s at %d: %s".formatted(options.path(), what, offset, reason), e);
    }

    private void checkWritable() throws StorageException {
        if (options.readOnly()) {
            throw new StorageException(Kind.READ_ONLY, options.path() + " is opened for reading only");
        }
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        transfer(offset, target, FileChannel::read, "read");
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        checkWritable();
        transfer(offset, source, FileChannel::write, "write");
    }

    @Override
    public void flush() throws StorageException {
        if (!options.readOnly()) {
            try {
                file.force(false);
            } catch (IOException e) {
                throw failed("flush", 0, e);
            }
        }
    }

    /** Where the host cannot, the bytes stay as they are, which is one of the things that they may be. */
    @Override
    public void discard(long offset, long bytes) throws StorageException {
        checkWritable();
        StorageException.checkRange(offset, bytes, capacityBytes);
        punch(offset, bytes);
    }

    private boolean punch(long offset, long bytes) throws StorageException {
        if (bytes == 0) {
            return true;
        }
        try {
            return host.punchHole(offset, bytes);
        } catch (IOException e) {
            throw failed("discard", offset, e);
        }
    }

    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        checkWritable();
        StorageException.checkRange(offset, bytes, capacityBytes);
        if (mayDiscard && punch(offset, bytes)) {
            return;
        }
        MemorySegment zeros = MemorySegment.ofArray(new byte[(int) Math.min(ZEROS_BYTES, bytes)]);
        for (long done = 0; done < bytes; done += ZEROS_BYTES) {
            write(offset + done, zeros.asSlice(0, Math.min(ZEROS_BYTES, bytes - done)));
        }
    }

    /** A hole reads as zeros, and nothing shows through. */
    @Override
    public Extent extent(long offset, long bytes) throws StorageException {
        StorageException.checkRange(offset, bytes, capacityBytes);
        try {
            long data = host.nextData(offset);
            if (data < 0 || data >= offset + bytes) {
                return new Extent(offset, bytes, Extent.Kind.ZERO);
            }
            if (data > offset) {
                return new Extent(offset, data - offset, Extent.Kind.ZERO);
            }
            // A file that became shorter meanwhile has no hole: reading it tells.
            long hole = host.nextHole(offset);
            long end = hole <= offset ? offset + bytes : Math.min(hole, offset + bytes);
            return new Extent(offset, end - offset, Extent.Kind.DATA, OptionalLong.of(offset), false);
        } catch (IOException e) {
            throw failed("map", offset, e);
        }
    }

    @Override
    public ImageDescription describe() throws StorageException {
        try {
            return new ImageDescription(
                    OptionalLong.of(host.occupiedBytes()), OptionalLong.empty(), false, false, false, Map.of());
        } catch (IOException e) {
            throw failed("describe", 0, e);
        }
    }

    /** A file grows by its last byte; the host fills the gap with zeros. */
    @Override
    public synchronized void resize(long bytes) throws StorageException {
        checkWritable();
        try {
            if (bytes < file.size()) {
                file.truncate(bytes);
            } else if (bytes > file.size()) {
                file.write(ByteBuffer.allocate(1), bytes - 1);
            }
        } catch (IOException e) {
            throw failed("resize", bytes, e);
        }
        capacityBytes = bytes;
    }

    @Override
    public void quiesce(Deadline deadline) {
        // Nothing is kept.
    }

    @Override
    public FileState save() {
        return new FileState();
    }

    @Override
    public void resume(Resumption why) {
        // Nothing to start.
    }

    /** The file belongs to the bay. */
    @Override
    public void close() {
        // Holds nothing else.
    }
}
