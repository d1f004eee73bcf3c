package dev.backplane.kernel.internal.bay;

import dev.backplane.api.storage.ImageFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/**
 * One part's view of a file of its bay. A part that stands beside the one that has the place reads it, and changes nothing; one that was
 * cut off can touch it no more. Allocates nothing.
 */
final class PartFile implements ImageFile {
    private final ImageFile file;
    private final Lifeline lifeline;
    private final Channel channel;

    PartFile(ImageFile file, Lifeline lifeline) {
        this.file = file;
        this.lifeline = lifeline;
        this.channel = new Channel(file.channel());
    }

    private void changes() throws IOException {
        if (!lifeline.acts()) {
            throw new IOException(
                    "a part that does not sit in its bay writes nothing: it has not been resumed yet, or has been replaced");
        }
    }

    @Override
    public FileChannel channel() {
        return channel;
    }

    @Override
    public long nextData(long offset) throws IOException {
        lifeline.check();
        return file.nextData(offset);
    }

    @Override
    public long nextHole(long offset) throws IOException {
        lifeline.check();
        return file.nextHole(offset);
    }

    @Override
    public boolean punchHole(long offset, long bytes) throws IOException {
        changes();
        return file.punchHole(offset, bytes);
    }

    @Override
    public long occupiedBytes() throws IOException {
        lifeline.check();
        return file.occupiedBytes();
    }

    /** The file is the bay's to close. */
    @Override
    public void close() {}

    private final class Channel extends FileChannel {
        private final FileChannel of;

        Channel(FileChannel of) {
            this.of = of;
        }

        @Override
        public int read(ByteBuffer to) throws IOException {
            lifeline.check();
            return of.read(to);
        }

        @Override
        public long read(ByteBuffer[] to, int first, int count) throws IOException {
            lifeline.check();
            return of.read(to, first, count);
        }

        @Override
        public int read(ByteBuffer to, long at) throws IOException {
            lifeline.check();
            return of.read(to, at);
        }

        @Override
        public int write(ByteBuffer from) throws IOException {
            changes();
            return of.write(from);
        }

        @Override
        public long write(ByteBuffer[] from, int first, int count) throws IOException {
            changes();
            return of.write(from, first, count);
        }

        @Override
        public int write(ByteBuffer from, long at) throws IOException {
            changes();
            return of.write(from, at);
        }

        @Override
        public long position() throws IOException {
            lifeline.check();
            return of.position();
        }

        @Override
        public FileChannel position(long next) throws IOException {
            changes();
            of.position(next);
            return this;
        }

        @Override
        public long size() throws IOException {
            lifeline.check();
            return of.size();
        }

        @Override
        public FileChannel truncate(long bytes) throws IOException {
            changes();
            of.truncate(bytes);
            return this;
        }

        @Override
        public void force(boolean metaData) throws IOException {
            lifeline.check();
            of.force(metaData);
        }

        @Override
        public long transferTo(long at, long count, WritableByteChannel to) throws IOException {
            lifeline.check();
            return of.transferTo(at, count, to);
        }

        @Override
        public long transferFrom(ReadableByteChannel from, long at, long count) throws IOException {
            changes();
            return of.transferFrom(from, at, count);
        }

        @Override
        public MappedByteBuffer map(MapMode mode, long at, long size) throws IOException {
            mayMap(mode);
            return of.map(mode, at, size);
        }

        @Override
        public MemorySegment map(MapMode mode, long at, long size, Arena arena) throws IOException {
            mayMap(mode);
            return of.map(mode, at, size, arena);
        }

        /** What has been mapped for writing could not be taken back. */
        private void mayMap(MapMode mode) throws IOException {
            lifeline.check();
            if (mode == MapMode.READ_WRITE) {
                throw new IOException("a file of a disk is not mapped for writing: its bay could not take it back");
            }
        }

        @Override
        public FileLock lock(long at, long size, boolean shared) throws IOException {
            throw new IOException("the bay holds the locks of its files");
        }

        @Override
        public FileLock tryLock(long at, long size, boolean shared) throws IOException {
            throw new IOException("the bay holds the locks of its files");
        }

        @Override
        protected void implCloseChannel() {
            // The file is the bay's to close.
        }
    }
}
