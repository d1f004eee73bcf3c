package dev.backplane.guest.internal;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a tar archive front to back: POSIX ustar and pax headers (IEEE 1003.1, pax, "ustar Interchange Format" and "pax
 * Header Block"), and GNU's long names and large numbers. Names are data here: nothing is written anywhere.
 */
final class TarReader {
    private static final int BLOCK_BYTES = 512;

    /** The longest path Linux takes is 4096 bytes; pax headers carry a few of them and some times. */
    private static final long LONGEST_EXTENSION = 1 << 16;

    /** One entry; its content is readable until the next one is asked for. */
    record Entry(String name, char type, long length, String linkTarget, InputStream content) {
        boolean isFile() {
            return type == '0' || type == 0 || type == '7';
        }
    }

    private final InputStream archive;
    private final byte[] header = new byte[BLOCK_BYTES];
    private @Nullable Section content;
    private int padding;

    /** The stream stays the caller's to close. */
    TarReader(InputStream archive) {
        this.archive = archive;
    }

    /** The next entry, null behind the last. */
    @Nullable
    Entry next() throws IOException {
        Map<String, String> extensions = new HashMap<>();
        while (readHeader()) {
            char type = (char) (header[156] & 0xff);
            long length = number(124, 12);
            switch (type) {
                case 'L' -> extensions.put("path", untilNul(new String(extension(length), StandardCharsets.UTF_8)));
                case 'K' -> extensions.put("linkpath", untilNul(new String(extension(length), StandardCharsets.UTF_8)));
                case 'x' -> pax(extension(length), extensions);
                case 'g' -> extension(length);
                default -> {
                    return entry(type, length, extensions);
                }
            }
        }
        if (!extensions.isEmpty()) {
            throw new EOFException("the tar archive ends after an extended header");
        }
        return null;
    }

    private Entry entry(char type, long length, Map<String, String> extensions) throws IOException {
        String name = extensions.getOrDefault("path", name());
        String link = extensions.getOrDefault("linkpath", text(157, 100));
        String size = extensions.get("size");
        if (size != null) {
            if (!size.matches("[0-9]{1,18}")) {
                throw new IOException("the tar archive is damaged: '" + name + "' has the size '" + size + "'");
            }
            length = Long.parseLong(size);
        }
        // Links, directories and devices have no content, whatever their size says (ustar, "typeflag").
        boolean empty = type >= '1' && type <= '6';
        return new Entry(name, type, empty ? 0 : length, link, content(name, empty ? 0 : length));
    }

    private Section content(String name, long length) {
        Section section = new Section(archive, name, length);
        content = section;
        padding = (int) (-length & (BLOCK_BYTES - 1));
        return section;
    }

    private byte[] extension(long length) throws IOException {
        if (length > LONGEST_EXTENSION) {
            throw new IOException("the tar archive has an extended header of " + length + " bytes, more than "
                    + LONGEST_EXTENSION + " are not accepted");
        }
        return content("extended header", length).readAllBytes();
    }

    /** False at the end: an empty block, or the end of the file, which some writers leave it at. */
    private boolean readHeader() throws IOException {
        if (content != null) {
            content.finish();
            archive.skipNBytes(padding);
            content = null;
        }
        int count = archive.readNBytes(header, 0, BLOCK_BYTES);
        if (count == 0) {
            return false;
        }
        if (count < BLOCK_BYTES) {
            throw new EOFException("the tar archive ends inside a header");
        }
        int sum = 0;
        boolean empty = true;
        for (int i = 0; i < BLOCK_BYTES; i++) {
            empty &= header[i] == 0;
            sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xff;
        }
        if (empty) {
            return false;
        }
        if (number(148, 8) != sum) {
            throw new IOException("not a tar archive, or a damaged one: a header's checksum is wrong");
        }
        return true;
    }

    private String name() {
        String name = text(0, 100);
        boolean posix = text(257, 6).equals("ustar");
        String prefix = posix ? text(345, 155) : "";
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    /** Octal digits, or GNU's form for what does not fit: a set top bit and a big-endian number. */
    private long number(int offset, int length) throws IOException {
        if ((header[offset] & 0x80) != 0) {
            long value = header[offset] & 0x7f;
            for (int i = 1; i < length; i++) {
                if (value >>> 55 != 0) {
                    throw new IOException("the tar archive is damaged: a number is negative or above 2^63");
                }
                value = value << 8 | header[offset + i] & 0xff;
            }
            return value;
        }
        String digits = text(offset, length).strip();
        if (!digits.matches("[0-7]{0,12}")) {
            throw new IOException("the tar archive is damaged: '" + digits + "' is no octal number");
        }
        return digits.isEmpty() ? 0 : Long.parseLong(digits, 8);
    }

    private String text(int offset, int length) {
        return untilNul(new String(header, offset, length, StandardCharsets.UTF_8));
    }

    private static String untilNul(String text) {
        int end = text.indexOf(0);
        return end < 0 ? text : text.substring(0, end);
    }

    /** Records of the form {@code length key=value newline}, where the length counts the whole record in bytes. */
    private static void pax(byte[] bytes, Map<String, String> extensions) throws IOException {
        int position = 0;
        while (position < bytes.length) {
            int space = position;
            while (space < bytes.length && bytes[space] != ' ') {
                space++;
            }
            String digits = new String(bytes, position, space - position, StandardCharsets.US_ASCII);
            int end = digits.matches("[0-9]{1,6}") ? position + Integer.parseInt(digits) : -1;
            if (end <= space + 1 || end > bytes.length || bytes[end - 1] != '\n') {
                throw new IOException("the tar archive is damaged: a pax header has the length '" + digits + "'");
            }
            String record = new String(bytes, space + 1, end - space - 2, StandardCharsets.UTF_8);
            int equals = record.indexOf('=');
            if (equals < 1) {
                throw new IOException("the tar archive is damaged: '" + record + "' in a pax header has no value");
            }
            extensions.put(record.substring(0, equals), record.substring(equals + 1));
            position = end;
        }
    }
}
