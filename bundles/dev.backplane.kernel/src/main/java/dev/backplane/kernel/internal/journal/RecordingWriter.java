package dev.backplane.kernel.internal.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * Appends to a recording: a signature, then frames of length, entry and checksum. Each frame is handed to the host's kernel
 * before what it tells of reaches the guest, so that the file of a process that was killed is whole up to its last frame.
 */
final class RecordingWriter implements AutoCloseable {
    static final byte[] SIGNATURE = "BPRECORD1\n".getBytes(StandardCharsets.US_ASCII);

    private final FileChannel channel;

    /**
     * Begins a recording.
     *
     * @throws IOException when the file is there already or cannot be made
     */
    RecordingWriter(Path file, Entry.Head head) throws IOException {
        channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        write(ByteBuffer.wrap(SIGNATURE));
        append(head);
    }

    void append(Entry entry) throws IOException {
        byte[] payload = EntryCodec.encode(entry);
        CRC32C checksum = new CRC32C();
        checksum.update(payload);
        write(ByteBuffer.allocate(payload.length + 2 * Integer.BYTES)
                .putInt(payload.length)
                .put(payload)
                .putInt((int) checksum.getValue())
                .flip());
    }

    private void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            channel.force(true);
        }
    }
}
