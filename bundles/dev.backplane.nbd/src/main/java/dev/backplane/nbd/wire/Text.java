package dev.backplane.nbd.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Strings in messages: UTF-8, their length before them ("String values"). */
public final class Text {
    private Text() {}

    /**
     * Writes a string behind its length.
     *
     * @param target has room
     * @param text what
     */
    public static void put(ByteBuffer target, String text) {
        byte[] bytes = bytes(text);
        target.putInt(bytes.length).put(bytes);
    }

    /**
     * Reads a string behind its length.
     *
     * @param source where
     * @param what it is, for the message
     * @return it
     * @throws NbdException where it does not fit, or is longer than any string may be
     */
    public static String get(ByteBuffer source, String what) throws NbdException {
        if (source.remaining() < 4) {
            throw new NbdException(what + ": its length is missing");
        }
        return get(source, Integer.toUnsignedLong(source.getInt()), what);
    }

    /**
     * Reads a string whose length is known.
     *
     * @param source where
     * @param length how long the far end says it is
     * @param what it is, for the message
     * @return it
     * @throws NbdException where it does not fit, or is longer than any string may be
     */
    public static String get(ByteBuffer source, long length, String what) throws NbdException {
        if (length > Math.min(Nbd.MAX_STRING_BYTES, source.remaining())) {
            throw new NbdException("%s: a string of %d bytes: expected at most %d"
                    .formatted(what, length, Math.min(Nbd.MAX_STRING_BYTES, source.remaining())));
        }
        byte[] bytes = new byte[(int) length];
        source.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /**
     * A string's bytes.
     *
     * @param text what
     * @return UTF-8
     */
    public static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
