package dev.backplane.image;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageLayer;
import java.lang.foreign.MemorySegment;

/**
 * The layer around an {@link ImageStorage}, for formats that have all of their state in the image: a successor reads it anew.
 *
 * @param <S> its state, which says nothing
 */
public abstract class ImageLayer<S extends Record> implements StorageLayer<S>, MappedStorage {
    private final ImageStorage disk;
    private final S state;

    /**
     * A layer, quiesced.
     *
     * @param disk what it passes its requests to
     * @param state what it saves
     */
    protected ImageLayer(ImageStorage disk, S state) {
        this.disk = disk;
        this.state = state;
    }

    @Override
    public final long capacityBytes() {
        return disk.capacityBytes();
    }

    @Override
    public final boolean isWritable() {
        return disk.isWritable();
    }

    @Override
    public final void read(long offset, MemorySegment target) throws StorageException {
        disk.read(offset, target);
    }

    @Override
    public final void write(long offset, MemorySegment source) throws StorageException {
        disk.write(offset, source);
    }

    @Override
    public final void flush() throws StorageException {
        disk.flush();
    }

    @Override
    public final void discard(long offset, long bytes) throws StorageException {
        disk.discard(offset, bytes);
    }

    @Override
    public final void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        disk.zero(offset, bytes, mayDiscard);
    }

    @Override
    public final Extent extent(long offset, long bytes) throws StorageException {
        return disk.extent(offset, bytes);
    }

    /** Requests are the kernel's to wait for. The layer below may rest before this one is saved: what was held back is passed on now. */
    @Override
    public final void quiesce(Deadline deadline) {
        try {
            passOn();
        } catch (StorageException e) {
            // Saving it tells, if somebody wants its state.
            System.getLogger(ImageLayer.class.getName())
                    .log(System.Logger.Level.DEBUG, "the tables of the image are not written: {0}", e.getMessage());
        }
    }

    @Override
    public final S save() {
        try {
            passOn();
        } catch (StorageException e) {
            throw new IllegalStateException("the tables of the image cannot be written: " + e.getMessage());
        }
        return state;
    }

    private void passOn() throws StorageException {
        if (disk.isWritable()) {
            disk.passOn();
        }
    }

    @Override
    public final void resume(Resumption why) {
        // Nothing to start.
    }

    @Override
    public final void close() {
        // Holds nothing.
    }
}
