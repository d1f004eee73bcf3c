package dev.backplane.kernel.internal.bay;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.IdentifiedStorage;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.kernel.internal.bay.StorageRequest.Kind;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * One part's hold on the layer below it.
 *
 * @param front the layer's bay
 * @param user whose hold it is
 */
record HeldStorage(StorageFront front, Lifeline user) implements ResizableStorage, MappedStorage, IdentifiedStorage {
    @Override
    public long capacityBytes() {
        return ask(Kind.CAPACITY);
    }

    @Override
    public boolean isWritable() {
        return ask(Kind.WRITABLE) != 0;
    }

    private long ask(Kind kind) {
        user.check();
        try {
            return front.ask(kind, user);
        } catch (StorageException e) {
            throw new IllegalStateException("a layer that does not know itself", e);
        }
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        perform(Kind.READ, offset, target.byteSize(), target);
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        perform(Kind.WRITE, offset, source.byteSize(), source);
    }

    @Override
    public void flush() throws StorageException {
        perform(Kind.FLUSH, 0, 0, MemorySegment.NULL);
    }

    @Override
    public void discard(long offset, long bytes) throws StorageException {
        perform(Kind.DISCARD, offset, bytes, MemorySegment.NULL);
    }

    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        perform(mayDiscard ? Kind.ZERO_OR_DISCARD : Kind.ZERO, offset, bytes, MemorySegment.NULL);
    }

    @Override
    public Extent extent(long offset, long bytes) throws StorageException {
        user.check();
        StorageRequest request = new StorageRequest(Kind.EXTENT, offset, bytes, null);
        front.perform(request, user);
        Extent found = request.extent;
        return found == null ? new Extent(offset, bytes, Extent.Kind.DATA) : found;
    }

    @Override
    public Optional<String> contentId() throws StorageException {
        user.check();
        StorageRequest request = new StorageRequest(Kind.IDENTIFIER, 0, 0, null);
        front.perform(request, user);
        return Optional.ofNullable(request.identifier);
    }

    @Override
    public void resize(long capacityBytes) throws StorageException {
        perform(Kind.RESIZE, capacityBytes, 0, MemorySegment.NULL);
    }

    private void perform(Kind kind, long offset, long bytes, MemorySegment memory) throws StorageException {
        if (!user.acts() && !kind.isReading()) {
            throw new StorageException(
                    StorageException.Kind.READ_ONLY,
                    "%s: a part that does not sit in its bay writes nothing: it is made beside the one that does, or has been replaced"
                            .formatted(kind));
        }
        front.perform(new StorageRequest(kind, offset, bytes, memory), user);
    }
}
