package dev.backplane.api.device.virtio;

import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Buffers that a driver has made available together: a part that the device reads, then one that it writes. How they are cut into pieces
 * means nothing (2.7.4). All of it has been checked to be RAM when it is taken. For one thread at a time; the guest may change the
 * bytes at any moment, so read once, check, use.
 */
@ProviderType
public interface DescriptorChain {
    /**
     * The length of the part that the device reads.
     *
     * @return bytes
     */
    long readableBytes();

    /**
     * The length of the part that the device writes.
     *
     * @return bytes
     */
    long writableBytes();

    /**
     * Copies from the readable part.
     *
     * @param offset where to begin in it
     * @param target filled wholly
     * @throws IndexOutOfBoundsException when the part is too short
     */
    default void read(long offset, MemorySegment target) {
        Cursor cursor = new Cursor();
        lendReadable(offset, target.byteSize(), piece -> {
            MemorySegment.copy(piece, 0, target, cursor.position, piece.byteSize());
            cursor.position += piece.byteSize();
        });
    }

    /**
     * Copies into the writable part.
     *
     * @param offset where to begin in it
     * @param source all of it
     * @throws IndexOutOfBoundsException when the part is too short
     */
    default void write(long offset, MemorySegment source) {
        Cursor cursor = new Cursor();
        lendWritable(offset, source.byteSize(), piece -> {
            MemorySegment.copy(source, cursor.position, piece, 0, piece.byteSize());
            cursor.position += piece.byteSize();
        });
    }

    /**
     * Lends a stretch of the readable part, piece by piece, without a copy.
     *
     * @param <E> what the borrower may throw
     * @param offset where to begin
     * @param bytes how many
     * @param borrower gets each piece, in order, for the time of the call
     * @throws IndexOutOfBoundsException when the part is too short
     * @throws E from the borrower
     */
    <E extends Exception> void lendReadable(long offset, long bytes, Borrower<E> borrower) throws E;

    /**
     * Lends a stretch of the writable part, piece by piece, without a copy.
     *
     * @param <E> what the borrower may throw
     * @param offset where to begin
     * @param bytes how many
     * @param borrower gets each piece, in order, for the time of the call
     * @throws IndexOutOfBoundsException when the part is too short
     * @throws E from the borrower
     */
    <E extends Exception> void lendWritable(long offset, long bytes, Borrower<E> borrower) throws E;

    /**
     * Tells where the pieces of the writable part lie, for devices to which the memory itself is the message (5.5.6.7).
     *
     * @param visitor gets each piece, in order
     */
    void locateWritable(Visitor visitor);

    /** Is told where a piece lies. */
    @FunctionalInterface
    interface Visitor {
        /**
         * A piece.
         *
         * @param gpa its first address
         * @param length how many bytes, all of them RAM
         */
        void piece(long gpa, long length);
    }

    /**
     * Uses a piece of guest memory.
     *
     * @param <E> what it may throw
     */
    @FunctionalInterface
    interface Borrower<E extends Exception> {
        /**
         * Uses it.
         *
         * @param piece the bytes; not to be kept
         * @throws E when it cannot
         */
        void accept(MemorySegment piece) throws E;
    }

    /** Where a copy has got to. */
    final class Cursor {
        private long position;

        private Cursor() {}
    }
}
