package dev.backplane.guest;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Decodes the records that the guest sends about its command: a line with a letter and a decimal number, followed by that
 * many bytes for standard output ({@code O}) and standard error ({@code E}); {@code H} carries the protocol's version,
 * {@code S} the exit status. Bytes are handed on as they come, in the pieces in which they come. Whoever reads the status
 * answers it with a line feed, for which the guest waits some seconds before it powers off.
 *
 * <p>The guest is not trusted: what is no record is an error, and nothing is buffered beyond a header line. One thread at
 * a time.
 */
public final class RecordReader {
    /** The only version of the records there is. */
    private static final int VERSION = 1;

    /** A letter, a space, and a number below 2^31. */
    private static final int LONGEST_HEADER = 12;

    private final Output output;
    private final byte[] header = new byte[LONGEST_HEADER];
    private int headerLength;
    private boolean greeted;
    private int remaining;
    private boolean remainingIsError;
    private @Nullable Integer status;

    /** Gets the command's bytes. */
    public interface Output {
        /** Bytes of standard output; the array is the caller's again afterwards. */
        void standardOutput(byte[] bytes, int offset, int length);

        /** Bytes of standard error; the array is the caller's again afterwards. */
        void standardError(byte[] bytes, int offset, int length);
    }

    /** Starts before the first record; what is decoded goes to {@code output}, on the thread that calls {@link #accept}. */
    public RecordReader(Output output) {
        this.output = output;
    }

    /**
     * Takes the next bytes from the port.
     *
     * @throws MalformedRecordException if they are no record; this reader is of no further use then
     */
    public void accept(byte[] bytes, int offset, int length) throws MalformedRecordException {
        int position = offset;
        int end = offset + length;
        while (position < end) {
            if (remaining == 0) {
                header(bytes[position++]);
                continue;
            }
            int part = Math.min(remaining, end - position);
            if (remainingIsError) {
                output.standardError(bytes, position, part);
            } else {
                output.standardOutput(bytes, position, part);
            }
            position += part;
            remaining -= part;
        }
    }

    /** The command's exit status, 0 to 255, once it has ended and all its output was handed on; null before. */
    public @Nullable Integer status() {
        return status;
    }

    /** Whether the guest has begun to run the command. */
    public boolean started() {
        return greeted;
    }

    private void header(byte next) throws MalformedRecordException {
        if (next != '\n') {
            if (headerLength == LONGEST_HEADER) {
                throw malformed("a header of more than " + LONGEST_HEADER + " bytes");
            }
            header[headerLength++] = next;
            return;
        }
        int number = number();
        byte letter = header[0];
        if (status != null) {
            throw malformed("a record after the exit status");
        }
        if (!greeted && letter != 'H') {
            throw malformed("a first record that is no greeting");
        }
        switch (letter) {
            case 'H' -> greet(number);
            case 'O', 'E' -> {
                remaining = number;
                remainingIsError = letter == 'E';
            }
            case 'S' -> {
                if (number > 255) {
                    throw malformed("an exit status above 255");
                }
                status = number;
            }
            default -> throw malformed("an unknown record");
        }
        headerLength = 0;
    }

    private void greet(int version) throws MalformedRecordException {
        if (greeted) {
            throw malformed("a second greeting");
        }
        if (version != VERSION) {
            throw malformed("protocol version " + version + " where " + VERSION + " is spoken");
        }
        greeted = true;
    }

    private int number() throws MalformedRecordException {
        if (headerLength < 3 || header[1] != ' ') {
            throw malformed("a header that is not a letter and a number");
        }
        long number = 0;
        for (int i = 2; i < headerLength; i++) {
            int digit = header[i] - '0';
            if (digit < 0 || digit > 9) {
                throw malformed("a header that is not a letter and a number");
            }
            number = number * 10 + digit;
        }
        if (number > Integer.MAX_VALUE) {
            throw malformed("a record of more than 2^31 bytes");
        }
        return (int) number;
    }

    private MalformedRecordException malformed(String what) {
        String text = new String(header, 0, headerLength, StandardCharsets.ISO_8859_1);
        return new MalformedRecordException("the guest's second serial port sent " + what + ": '"
                + text.replaceAll("[^ -~]", "?")
                + "' (something else than the command's runner writes to this port)");
    }
}
