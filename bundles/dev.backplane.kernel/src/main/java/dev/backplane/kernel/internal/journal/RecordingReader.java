package dev.backplane.kernel.internal.journal;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Reads a recording, one entry at a time. A frame that is cut off or damaged ends it. */
final class RecordingReader implements AutoCloseable {
    private static final int LARGEST_FRAME = 1 << 20;

    private final Path file;
    private final DataInputStream in;
    private final Entry.Head head;
    private Entry.@Nullable Event next;
    private String end = "the recording's end";

    /**
     * Opens a recording.
     *
     * @throws IOException when the file cannot be read or is no recording: the message says why
     */
    RecordingReader(Path file) throws IOException {
        this.file = file;
        InputStream stream = Files.newInputStream(file);
        in = new DataInputStream(new BufferedInputStream(stream));
        try {
            if (!Arrays.equals(in.readNBytes(RecordingWriter.SIGNATURE.length), RecordingWriter.SIGNATURE)) {
                throw new IOException(file + " is no recording of this version: expected a file that --record made");
            }
            Entry first = read();
            if (!(first instanceof Entry.Head made)) {
                throw new IOException(file + ": the recording ends before it begins: " + end);
            }
            head = made;
            advance();
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    Entry.Head head() {
        return head;
    }

    /** The next event, which stays the next; null at the end. */
    Entry.@Nullable Event peek() {
        return next;
    }

    /** Goes on behind the next event. */
    void advance() throws IOException {
        Entry entry = read();
        if (entry instanceof Entry.Head) {
            end = "a second head: the file is damaged";
            entry = null;
        }
        next = (Entry.Event) entry;
    }

    /** Why there is no next event. */
    String end() {
        return end;
    }

    private @Nullable Entry read() throws IOException {
        byte[] length = in.readNBytes(Integer.BYTES);
        if (length.length == 0) {
            return null;
        }
        int bytes = length.length < Integer.BYTES ? -1 : number(length);
        if (bytes == -1) {
            end = "its last entry is not complete";
            return null;
        }
        if (bytes < 0 || bytes > LARGEST_FRAME) {
            end = "an entry of " + Integer.toUnsignedLong(bytes) + " bytes: the file is damaged";
            return null;
        }
        byte[] payload = in.readNBytes(bytes);
        byte[] sum = in.readNBytes(Integer.BYTES);
        if (sum.length < Integer.BYTES) {
            end = "its last entry is not complete";
            return null;
        }
        CRC32C checksum = new CRC32C();
        checksum.update(payload);
        if ((int) checksum.getValue() != number(sum)) {
            end = "an entry whose checksum is wrong: the file is damaged";
            return null;
        }
        try {
            return EntryCodec.decode(payload);
        } catch (IOException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private static int number(byte[] four) {
        return ByteBuffer.wrap(four).getInt();
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
