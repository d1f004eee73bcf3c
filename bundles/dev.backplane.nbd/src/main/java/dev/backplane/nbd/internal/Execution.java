package dev.backplane.nbd.internal;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.nbd.NbdExport;
import dev.backplane.nbd.wire.Nbd;
import dev.backplane.nbd.wire.Reply;
import dev.backplane.nbd.wire.Request;
import dev.backplane.nbd.wire.Text;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Carries a worker's request out, and answers it. Has the worker's memory. */
final class Execution {
    private static final System.Logger LOGGER = System.getLogger(Execution.class.getName());

    /** Reads of more come in pieces of this length where the client knows pieces. */
    private static final int PIECE_BYTES = 1 << 20;
    /** What is read stands behind room for a chunk's offset, and aligned, since that makes the host's copy faster. */
    static final int READ_AT = 64;

    /** What a worker keeps. */
    private static final int OWN_BYTES = PIECE_BYTES + READ_AT;

    private static final int FIRST_BYTES = 64 << 10;
    /** A page. */
    private static final int ALIGNMENT = 4096;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Transmission transmission;
    private final NbdExport export;
    private final Storage storage;
    private final Request request;
    private final Reply reply = new Reply();
    private final @Nullable Allocation allocation;

    private Arena arena = Arena.ofShared();
    private MemorySegment memory = arena.allocate(FIRST_BYTES, ALIGNMENT);
    private ByteBuffer buffer = memory.asByteBuffer();
    /** Memory for one request that has too much for the own. */
    private @Nullable Arena lent;

    private int lentBytes;
    private MemorySegment data = memory;
    private ByteBuffer dataBuffer = buffer;

    Execution(Transmission transmission, Request request) {
        this.transmission = transmission;
        this.request = request;
        export = transmission.export();
        storage = export.storage();
        allocation = transmission.hasAllocation() ? new Allocation(export) : null;
    }

    /** Room for the data of the request at hand. */
    ByteBuffer data(int bytes) {
        if (bytes > OWN_BYTES) {
            transmission.acquire(bytes);
            Arena more = Arena.ofShared();
            lent = more;
            lentBytes = bytes;
            data = more.allocate(bytes, ALIGNMENT);
            dataBuffer = data.asByteBuffer();
            return dataBuffer;
        }
        if (bytes > memory.byteSize()) {
            arena.close();
            arena = Arena.ofShared();
            memory = arena.allocate(bytes <= OWN_BYTES / 4 ? OWN_BYTES / 4 : OWN_BYTES, ALIGNMENT);
            buffer = memory.asByteBuffer();
        }
        data = memory;
        dataBuffer = buffer;
        return buffer.clear().limit(bytes);
    }

    private MemorySegment segment(long bytes) {
        return data.byteSize() == bytes ? data : data.asSlice(0, bytes);
    }

    private void giveBack() {
        Arena more = lent;
        if (more != null) {
            lent = null;
            data = memory;
            dataBuffer = buffer;
            more.close();
            transmission.release(lentBytes);
        }
    }

    void close() {
        giveBack();
        arena.close();
    }

    /**
     * Carries it out.
     *
     * @param now whether the reply has to leave soon, since this worker does not receive any more
     */
    void run(boolean now) throws IOException {
        try {
            perform(now);
        } catch (StorageException e) {
            refuse(error(e.kind()), String.valueOf(e.getMessage()), now);
        } catch (RuntimeException e) {
            // A fault of the storage must not be one of the client's other requests too.
            LOGGER.log(System.Logger.Level.WARNING, "export \"" + export.name() + "\"", e);
            refuse(Nbd.EIO, "an error of the server: " + e, now);
        } finally {
            giveBack();
        }
    }

    private void perform(boolean now) throws IOException, StorageException {
        int known = switch (request.type()) {
            case Nbd.CMD_READ -> Nbd.CMD_FLAG_DF | Nbd.CMD_FLAG_FUA;
            case Nbd.CMD_WRITE, Nbd.CMD_TRIM -> Nbd.CMD_FLAG_FUA;
            case Nbd.CMD_WRITE_ZEROES -> Nbd.CMD_FLAG_FUA | Nbd.CMD_FLAG_NO_HOLE;
            case Nbd.CMD_BLOCK_STATUS -> Nbd.CMD_FLAG_REQ_ONE | Nbd.CMD_FLAG_FUA;
            default -> Nbd.CMD_FLAG_FUA;
        };
        if ((request.flags() & ~known) != 0) {
            refuse(Nbd.EINVAL, "flags 0x%x of request %d".formatted(request.flags(), request.type()), now);
            return;
        }
        long begin = System.nanoTime();
        switch (request.type()) {
            case Nbd.CMD_READ -> {
                read(now);
                return;
            }
            case Nbd.CMD_WRITE -> {
                checkWritable();
                storage.write(request.offset(), segment(request.length()));
                transmission.took(System.nanoTime() - begin);
            }
            case Nbd.CMD_FLUSH -> storage.flush();
            case Nbd.CMD_TRIM -> {
                checkWritable();
                storage.discard(request.offset(), request.length());
            }
            case Nbd.CMD_WRITE_ZEROES -> {
                checkWritable();
                storage.zero(request.offset(), request.length(), !request.has(Nbd.CMD_FLAG_NO_HOLE));
            }
            case Nbd.CMD_BLOCK_STATUS -> {
                status(now);
                return;
            }
            default -> {
                refuse(Nbd.EINVAL, "request type %d".formatted(request.type()), now);
                return;
            }
        }
        if (request.has(Nbd.CMD_FLAG_FUA)) {
            storage.flush();
        }
        transmission.outbox().send(reply.simple(request.cookie(), 0), NOTHING, now);
    }

    private void checkWritable() throws StorageException {
        if (export.readOnly()) {
            throw new StorageException(StorageException.Kind.READ_ONLY, "this export can only be read");
        }
    }

    private void read(boolean now) throws IOException, StorageException {
        long length = request.length();
        StorageException.checkRange(request.offset(), length, storage.capacityBytes());
        boolean inPieces = transmission.isStructured() && !request.has(Nbd.CMD_FLAG_DF);
        if (length > Nbd.MAX_PAYLOAD_BYTES) {
            refuse(Nbd.EINVAL, "a read of %d bytes: expected at most %d".formatted(length, Nbd.MAX_PAYLOAD_BYTES), now);
            return;
        }
        int piece = (int) (inPieces ? Math.min(length, PIECE_BYTES) : length);
        ByteBuffer room = data(READ_AT + piece);
        for (long done = 0; ; ) {
            int count = (int) Math.min(piece, length - done);
            boolean last = done + count == length;
            readPiece(request.offset() + done, count, room, last, now && last);
            done += count;
            if (last) {
                return;
            }
        }
    }

    private void readPiece(long offset, int count, ByteBuffer room, boolean last, boolean now)
            throws IOException, StorageException {
        long begin = System.nanoTime();
        if (count > 0) {
            storage.read(offset, data.asSlice(READ_AT, count));
        }
        transmission.took(System.nanoTime() - begin);
        room.clear().limit(READ_AT + count);
        if (transmission.isStructured()) {
            if (count == 0) {
                reply.chunk(request.cookie(), Nbd.REPLY_TYPE_NONE, Nbd.REPLY_FLAG_DONE, 0);
                transmission.outbox().send(reply, NOTHING, now);
                return;
            }
            reply.chunk(
                    request.cookie(),
                    Nbd.REPLY_TYPE_OFFSET_DATA,
                    last ? Nbd.REPLY_FLAG_DONE : 0,
                    Long.BYTES + (long) count);
            room.position(READ_AT - Long.BYTES).putLong(READ_AT - Long.BYTES, offset);
        } else {
            reply.simple(request.cookie(), 0);
            room.position(READ_AT);
        }
        transmission.outbox().send(reply, room, now);
    }

    private void status(boolean now) throws IOException, StorageException {
        Allocation known = allocation;
        if (known == null) {
            refuse(Nbd.EINVAL, "no metadata context was chosen", now);
            return;
        }
        ByteBuffer extents = known.find(request.offset(), request.length(), request.has(Nbd.CMD_FLAG_REQ_ONE));
        reply.chunk(request.cookie(), Nbd.REPLY_TYPE_BLOCK_STATUS, Nbd.REPLY_FLAG_DONE, extents.remaining());
        transmission.outbox().send(reply, extents, now);
    }

    /** Says that a request fails, and why, where the client can hear it. */
    private void refuse(int error, String reason, boolean now) throws IOException {
        if (!transmission.isStructured()) {
            transmission.outbox().send(reply.simple(request.cookie(), error), NOTHING, now);
            return;
        }
        byte[] words = Text.bytes(reason);
        int length = Math.min(words.length, Nbd.MAX_STRING_BYTES);
        ByteBuffer body = ByteBuffer.allocate(6 + length)
                .putInt(error)
                .putShort((short) length)
                .put(words, 0, length)
                .flip();
        reply.chunk(request.cookie(), Nbd.REPLY_TYPE_ERROR, Nbd.REPLY_FLAG_DONE, body.remaining());
        transmission.outbox().send(reply, body, now);
    }

    private int error(StorageException.Kind kind) {
        return switch (kind) {
            case NO_SPACE -> Nbd.ENOSPC;
            case READ_ONLY -> Nbd.EPERM;
            case UNSUPPORTED -> Nbd.ENOTSUP;
            // "Error values": a write behind the end has no space.
            case OUT_OF_BOUNDS ->
                request.type() == Nbd.CMD_WRITE || request.type() == Nbd.CMD_WRITE_ZEROES ? Nbd.ENOSPC : Nbd.EINVAL;
            // Kinds that are added one day too.
            default -> Nbd.EIO;
        };
    }
}
