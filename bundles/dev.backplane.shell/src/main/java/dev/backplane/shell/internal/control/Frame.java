package dev.backplane.shell.internal.control;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What goes over the control socket: a byte for the kind, four for the length, and the bytes.
 *
 * @param kind what it is
 * @param bytes what is in it, at most {@link #LONGEST}
 */
record Frame(Kind kind, byte[] bytes) {
    /** Nobody has to believe a length that the other side says. */
    static final int LONGEST = 1 << 20;

    private static final int HEAD_BYTES = 5;

    /** Kinds, by the letter that stands for them. */
    enum Kind {
        /** To the server, once and first: a {@link Request}. */
        REQUEST('Q'),
        /** To the server: what was typed. */
        INPUT('I'),
        /** To the server: nothing more is typed. */
        END('E'),
        /** To the server: the terminal's size, columns and rows. */
        SIZE('W'),
        /** To the client: what is typed is wanted from now on, from a terminal every key. */
        KEYS('K'),
        /** To the client: for its standard output. */
        OUTPUT('O'),
        /** To the client: for its standard error. */
        ERRORS('X'),
        /** To the client, last: the exit status in decimal. */
        STATUS('S');

        private final char letter;

        Kind(char letter) {
            this.letter = letter;
        }

        private static Kind of(byte letter) throws IOException {
            for (Kind kind : values()) {
                if (kind.letter == letter) {
                    return kind;
                }
            }
            throw new IOException("the other side does not speak as Backplane's control socket does");
        }
    }

    static Frame of(Kind kind, String text) {
        return new Frame(kind, text.getBytes(StandardCharsets.UTF_8));
    }

    String text() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** The next one; null at the end. */
    static @Nullable Frame read(ReadableByteChannel channel) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES);
        if (!fill(channel, head)) {
            return null;
        }
        Kind kind = Kind.of(head.get(0));
        int length = head.getInt(1);
        if (length < 0 || length > LONGEST) {
            throw new IOException("a frame of " + length + " bytes: at most " + LONGEST + " were expected");
        }
        ByteBuffer bytes = ByteBuffer.allocate(length);
        if (!fill(channel, bytes)) {
            throw new EOFException("the other side ended in the middle of a frame");
        }
        return new Frame(kind, bytes.array());
    }

    /** False at the end, before the first byte. */
    private static boolean fill(ReadableByteChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                if (buffer.position() == 0) {
                    return false;
                }
                throw new EOFException("the other side ended in the middle of a frame");
            }
        }
        return true;
    }

    void write(WritableByteChannel channel) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(HEAD_BYTES + bytes.length)
                .put((byte) kind.letter)
                .putInt(bytes.length)
                .put(bytes)
                .flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }
}
