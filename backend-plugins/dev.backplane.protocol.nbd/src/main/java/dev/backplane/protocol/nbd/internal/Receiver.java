package dev.backplane.protocol.nbd.internal;

import dev.backplane.nbd.wire.Inbox;
import dev.backplane.nbd.wire.Nbd;
import dev.backplane.nbd.wire.NbdException;
import dev.backplane.nbd.wire.Reply;
import dev.backplane.nbd.wire.Text;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * Takes the body of a reply apart ("Simple reply message", "Structured reply types"), and believes nothing: what does not fit the request
 * ends the connection. For the thread that receives.
 */
final class Receiver {
    private static final int OFFSET_BYTES = 8;
    private static final int EXTENT_BYTES = 8;
    /** One extent is asked for; who sends more than this many has something else in mind. */
    private static final int MOST_EXTENTS = 4096;

    private Receiver() {}

    /** Takes what belongs to a head. Returns whether the request has been answered. */
    static boolean take(Session session, Pending pending) throws IOException {
        Reply reply = session.reply;
        if (!reply.isStructured()) {
            simple(session, pending);
            return true;
        }
        if (!session.terms.structured()) {
            throw new NbdException("a structured reply, which was not agreed on");
        }
        chunk(session, pending);
        if (!reply.isDone()) {
            return false;
        }
        if (pending.error == 0 && pending.type == Nbd.CMD_READ && !pending.coverage.isWhole(pending.length)) {
            throw new NbdException("a %s is answered in part".formatted(pending));
        }
        if (pending.error == 0 && pending.type == Nbd.CMD_BLOCK_STATUS && pending.extentBytes == 0) {
            throw new NbdException("a %s is answered with nothing".formatted(pending));
        }
        return true;
    }

    private static void simple(Session session, Pending pending) throws IOException {
        pending.error = session.reply.error();
        boolean hasData = pending.type == Nbd.CMD_READ;
        if (pending.type == Nbd.CMD_BLOCK_STATUS && pending.error == 0 || hasData && session.terms.structured()) {
            throw new NbdException("a simple reply to a %s: expected a structured one".formatted(pending));
        }
        if (hasData && pending.error == 0) {
            session.inbox.fill(pending.target().asByteBuffer());
        }
    }

    private static void chunk(Session session, Pending pending) throws IOException {
        Inbox inbox = session.inbox;
        Reply reply = session.reply;
        int type = reply.type();
        if ((type & Nbd.REPLY_TYPE_FLAG_ERROR) != 0) {
            error(inbox, pending, reply.length());
            return;
        }
        switch (type) {
            case Nbd.REPLY_TYPE_NONE -> {
                if (reply.length() != 0 || !reply.isDone()) {
                    throw unexpected(pending, reply);
                }
            }
            case Nbd.REPLY_TYPE_OFFSET_DATA -> {
                if (pending.type != Nbd.CMD_READ || reply.length() <= OFFSET_BYTES) {
                    throw unexpected(pending, reply);
                }
                part(inbox, pending, reply.length() - OFFSET_BYTES, true);
            }
            case Nbd.REPLY_TYPE_OFFSET_HOLE -> {
                if (pending.type != Nbd.CMD_READ || reply.length() != OFFSET_BYTES + 4) {
                    throw unexpected(pending, reply);
                }
                part(inbox, pending, 0, false);
            }
            case Nbd.REPLY_TYPE_BLOCK_STATUS -> {
                if (pending.type != Nbd.CMD_BLOCK_STATUS) {
                    throw unexpected(pending, reply);
                }
                extents(session, pending, reply.length());
            }
            default -> throw unexpected(pending, reply);
        }
    }

    private static NbdException unexpected(Pending pending, Reply reply) {
        return new NbdException("a %s is answered with a chunk of type %d and %d bytes"
                .formatted(pending, reply.type(), reply.length()));
    }

    private static void part(Inbox inbox, Pending pending, long dataBytes, boolean isData) throws IOException {
        ByteBuffer head = inbox.take(isData ? OFFSET_BYTES : OFFSET_BYTES + 4);
        long offset = head.getLong();
        long length = isData ? dataBytes : Integer.toUnsignedLong(head.getInt());
        long begin = offset - pending.offset;
        if (offset < pending.offset || length == 0 || length > pending.length || begin > pending.length - length) {
            throw new NbdException(
                    "a %s is answered with %d bytes at %s".formatted(pending, length, Long.toUnsignedString(offset)));
        }
        pending.coverage.add(begin, begin + length);
        MemorySegment target = pending.target().asSlice(begin, length);
        if (isData) {
            inbox.fill(target.asByteBuffer());
        } else {
            target.fill((byte) 0);
        }
    }

    private static void extents(Session session, Pending pending, long length) throws IOException {
        if (length < 4 + EXTENT_BYTES || (length - 4) % EXTENT_BYTES != 0 || length > 4 + EXTENT_BYTES * MOST_EXTENTS) {
            throw unexpected(pending, session.reply);
        }
        ByteBuffer body = session.inbox.take(4 + EXTENT_BYTES);
        long context = Integer.toUnsignedLong(body.getInt());
        long bytes = Integer.toUnsignedLong(body.getInt());
        int flags = body.getInt();
        if (context != session.terms.allocation() || bytes == 0 || pending.extentBytes != 0) {
            throw new NbdException("a %s is answered with %d bytes of context %d".formatted(pending, bytes, context));
        }
        pending.extentBytes = Math.min(bytes, pending.length);
        pending.extentFlags = flags;
        session.inbox.skip(length - 4 - EXTENT_BYTES);
    }

    private static void error(Inbox inbox, Pending pending, long length) throws IOException {
        if (length < 6 || length > 6 + OFFSET_BYTES + Nbd.MAX_STRING_BYTES) {
            throw new NbdException("an error of %d bytes".formatted(length));
        }
        ByteBuffer head = inbox.take(6);
        int error = head.getInt();
        int words = Short.toUnsignedInt(head.getShort());
        if (error == 0 || words > length - 6 || pending.error != 0) {
            throw new NbdException("error %d with %d bytes of words in %d".formatted(error, words, length));
        }
        ByteBuffer text = ByteBuffer.allocate(words);
        inbox.fill(text);
        pending.error = error;
        pending.reason = Text.get(text.flip(), words, "an error's words");
        inbox.skip(length - 6 - words);
    }
}
