package dev.backplane.protocol.nbd.internal;

import dev.backplane.nbd.wire.Nbd;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/**
 * A request from its arrival to its answer. Used again for later ones, so that nothing is allocated for a request. Its owner's until it
 * is sent; then what is not final is guarded by the link's lock, but for what the thread that receives fills.
 */
final class Pending {
    final int slot;
    /** Its owner waits here. */
    final Condition changed;

    final Coverage coverage = new Coverage();

    int type;
    int flags;
    long offset;
    long length;
    MemorySegment memory = MemorySegment.NULL;

    /** Whether only its owner's thread may touch the memory, so that what others receive is copied by the owner. */
    boolean bounced;

    private MemorySegment bounce = MemorySegment.NULL;

    /** Changes with each sending: an answer to an earlier one is nobody's. */
    long cookie;

    /** Where it was sent; null while it was not. */
    @Nullable
    Session session;

    long sentNanos;
    /** When it fails, once it has found the server gone. */
    boolean hasDeadline;

    long deadlineNanos;
    /** Whether its owner waits, and would receive. */
    boolean waits;

    /** Whether its owner was interrupted meanwhile. */
    boolean interrupted;

    boolean done;
    int error;
    String reason = "";
    /** What BLOCK_STATUS found. */
    long extentBytes;

    int extentFlags;

    Pending(int slot, Condition changed) {
        this.slot = slot;
        this.changed = changed;
    }

    void set(int type, int flags, long offset, long length, MemorySegment memory, boolean isConfined) {
        this.type = type;
        this.flags = flags;
        this.offset = offset;
        this.length = length;
        this.memory = memory;
        bounced = isConfined && type == Nbd.CMD_READ;
        if (bounced && bounce.byteSize() < length) {
            bounce = MemorySegment.ofArray(new byte[(int) length]);
        }
        hasDeadline = false;
        session = null;
        waits = false;
        interrupted = false;
        restart();
    }

    /** Where a read's data goes. */
    MemorySegment target() {
        return bounced ? bounce.asSlice(0, length) : memory;
    }

    /** By the owner, when it has been answered. */
    void finish() {
        if (bounced) {
            MemorySegment.copy(bounce, 0, memory, 0, length);
        }
    }

    /** Whether the part to which it was given is still there. */
    boolean isWanted() {
        return memory.scope().isAlive();
    }

    /** Before each sending. */
    void restart() {
        done = false;
        error = 0;
        reason = "";
        extentBytes = 0;
        extentFlags = 0;
        coverage.clear();
    }

    @Override
    public String toString() {
        String what = switch (type) {
            case Nbd.CMD_READ -> "read";
            case Nbd.CMD_WRITE -> "write";
            case Nbd.CMD_FLUSH -> "flush";
            case Nbd.CMD_TRIM -> "discard";
            case Nbd.CMD_WRITE_ZEROES -> "zeros";
            default -> "map";
        };
        return type == Nbd.CMD_FLUSH ? what : "%s of %d bytes at %d".formatted(what, length, offset);
    }
}
