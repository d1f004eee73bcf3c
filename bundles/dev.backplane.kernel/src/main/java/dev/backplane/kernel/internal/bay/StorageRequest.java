package dev.backplane.kernel.internal.bay;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.IdentifiedStorage;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A request to a layer of a disk, from its arrival to its answer. The front's monitor guards it. It may be made several times, by one
 * part after the other, and has the same effect each time.
 */
final class StorageRequest {
    /** What is asked for. */
    enum Kind {
        /** The capacity, which becomes the answer's value. */
        CAPACITY,
        /** Whether it can be written: 1 or 0. */
        WRITABLE,
        /** A read. */
        READ,
        /** A write. */
        WRITE,
        /** A flush. */
        FLUSH,
        /** What begins at an offset. */
        EXTENT,
        /** The identifier of what it holds. */
        IDENTIFIER,
        /** Another length: the offset. */
        RESIZE,
        /** A discard. */
        DISCARD,
        /** Zeros, whose space is kept. */
        ZERO,
        /** Zeros, whose space may be given up. */
        ZERO_OR_DISCARD;

        /** Whether it changes nothing. */
        boolean isReading() {
            return this == CAPACITY || this == WRITABLE || this == READ || this == EXTENT || this == IDENTIFIER;
        }
    }

    private final Kind kind;
    private final long offset;
    private final long bytes;
    private final @Nullable MemorySegment memory;
    private final long begunAt = System.nanoTime();

    /** The part that has it; null while none does. */
    @Nullable
    StoragePartContext given;

    /** A part has handed it back, since what it stands on is away: it gets it again when that may have changed. */
    boolean handedBack;

    /** The thread of its part on which it is being made, if it is. */
    volatile @Nullable Thread maker;

    /** Somebody has been told how long it takes. */
    boolean told;

    /** Of a flush: how many changes had been answered when a part got it. */
    long after;

    boolean answered;
    long value;

    @Nullable
    Extent extent;

    @Nullable
    String identifier;

    @Nullable
    StorageException failure;

    StorageRequest(Kind kind, long offset, long bytes, @Nullable MemorySegment memory) {
        this.kind = kind;
        this.offset = offset;
        this.bytes = bytes;
        this.memory = memory;
    }

    Kind kind() {
        return kind;
    }

    /** How long ago it was made, in nanoseconds. */
    long age() {
        return System.nanoTime() - begunAt;
    }

    /** For people. */
    String words() {
        String what = kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return bytes == 0 ? what : "%s of %d bytes at %d".formatted(what, bytes, offset);
    }

    /** Has a layer carry it out. Memory that it sees lives as long as the part. */
    long make(Storage layer, Arena life) throws StorageException {
        switch (kind) {
            case CAPACITY -> {
                return layer.capacityBytes();
            }
            case WRITABLE -> {
                return layer.isWritable() ? 1 : 0;
            }
            case READ -> layer.read(offset, view(life));
            case WRITE -> layer.write(offset, view(life));
            case FLUSH -> layer.flush();
            case EXTENT -> extent = MappedStorage.extent(layer, offset, bytes);
            case IDENTIFIER -> identifier = IdentifiedStorage.contentId(layer).orElse(null);
            case RESIZE -> {
                if (!(layer instanceof ResizableStorage resizable)) {
                    throw new StorageException(StorageException.Kind.UNSUPPORTED, "its length cannot be changed");
                }
                resizable.resize(offset);
            }
            case DISCARD -> layer.discard(offset, bytes);
            case ZERO -> layer.zero(offset, bytes, false);
            case ZERO_OR_DISCARD -> layer.zero(offset, bytes, true);
        }
        return 0;
    }

    /** The same bytes with the part's life, so that a part that was given up cannot write them later. */
    @SuppressWarnings("restricted")
    private MemorySegment view(Arena life) {
        MemorySegment all = memory;
        if (all == null) {
            throw new IllegalStateException("no memory");
        }
        return all.isNative() ? all.reinterpret(life, null) : all;
    }

    @Override
    public String toString() {
        return "%s of %d bytes at %d".formatted(kind, bytes, offset);
    }
}
