package dev.backplane.guest.internal;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads an {@code ar} archive front to back: the common format with GNU's long names, as ar(5) and deb(5) give it. */
final class ArReader {
    private static final byte[] MAGIC = "!<arch>\n".getBytes(StandardCharsets.US_ASCII);

    /** Name 16, time 12, user 6, group 6, mode 8, size 10, and two bytes that end every header. */
    private static final int HEADER_BYTES = 60;

    /** A table of long names is read into memory; no package has one. */
    private static final long LONGEST_NAME_TABLE = 1 << 20;

    /** One file of the archive; its content is readable until the next one is asked for. */
    record Member(String name, long length, InputStream content) {}

    private final InputStream archive;
    private @Nullable Section content;
    private boolean padded;
    private byte[] longNames = {};

    /** Reads the magic. The stream stays the caller's to close. */
    ArReader(InputStream archive) throws IOException {
        this.archive = archive;
        if (!Arrays.equals(archive.readNBytes(MAGIC.length), MAGIC)) {
            throw new IOException("not an ar archive: it does not begin with '!<arch>'");
        }
    }

    /** The next file, null behind the last. */
    @Nullable
    Member next() throws IOException {
        while (true) {
            if (content != null) {
                content.finish();
                // The last member's padding may be missing.
                if (padded && archive.read() < 0) {
                    return null;
                }
            }
            byte[] header = archive.readNBytes(HEADER_BYTES);
            if (header.length == 0) {
                return null;
            }
            if (header.length < HEADER_BYTES) {
                throw new EOFException("the ar archive ends inside a header");
            }
            if (header[58] != '`' || header[59] != '\n') {
                throw new IOException("the ar archive is damaged: a header does not end with '`' and a newline");
            }
            String name = text(header, 0, 16);
            long length = number(text(header, 48, 10), name);
            padded = (length & 1) != 0;
            Section section = new Section(archive, name, length);
            content = section;
            if (name.equals("//")) {
                readLongNames(section, length);
            } else if (!name.equals("/") && !name.equals("/SYM64/")) {
                return new Member(name(name), length, section);
            }
        }
    }

    private void readLongNames(InputStream table, long length) throws IOException {
        if (length > LONGEST_NAME_TABLE) {
            throw new IOException("the ar archive's table of names has " + length + " bytes, more than "
                    + LONGEST_NAME_TABLE + " are not accepted");
        }
        longNames = table.readAllBytes();
    }

    /** {@code name/}, {@code /offset into the table}, or a name without a mark. */
    private String name(String field) throws IOException {
        if (!field.startsWith("/")) {
            return field.endsWith("/") ? field.substring(0, field.length() - 1) : field;
        }
        long start = number(field.substring(1), field);
        if (start >= longNames.length) {
            throw new IOException(
                    "the ar archive is damaged: the name '" + field + "' lies outside the table of names");
        }
        int end = (int) start;
        while (end < longNames.length && longNames[end] != '\n') {
            end++;
        }
        String name = new String(longNames, (int) start, end - (int) start, StandardCharsets.UTF_8);
        return name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
    }

    private static String text(byte[] header, int offset, int length) {
        return new String(header, offset, length, StandardCharsets.UTF_8).stripTrailing();
    }

    private static long number(String digits, String name) throws IOException {
        if (!digits.matches("[0-9]{1,10}")) {
            throw new IOException("the ar archive is damaged: '" + name + "' has the number '" + digits + "'");
        }
        return Long.parseLong(digits);
    }
}
