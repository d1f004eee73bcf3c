package dev.backplane.console.file.internal;

import dev.backplane.api.console.ByteQueue;
import dev.backplane.api.console.ConsoleContext;
import dev.backplane.api.console.ConsolePort;
import dev.backplane.api.console.OutputPump;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** A queue that a thread of the part writes to the file. Nothing is ever read. */
final class FilePort implements ConsolePort<FileState> {
    static final int QUEUE_BYTES = 64 * 1024;

    private final FileChannel file;
    private final ByteQueue output = new ByteQueue(QUEUE_BYTES);
    private final OutputPump pump;

    FilePort(ConsoleContext context, FileChannel file, byte[] unwritten) {
        this.file = file;
        this.output.offer(unwritten, 0, unwritten.length);
        this.pump = new OutputPump(context, output, this::write);
    }

    @Override
    public boolean write(byte value) {
        return output.offer(value);
    }

    @Override
    public int read() {
        return -1;
    }

    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        pump.stop(deadline);
    }

    @Override
    public FileState save() {
        return new FileState(output.toByteArray());
    }

    @Override
    public void resume(Resumption why) {
        pump.start();
    }

    /** The file belongs to the bay. */
    @Override
    public void close() {
        // Holds nothing else.
    }

    private void write(byte[] bytes, int offset, int length) throws IOException {
        ByteBuffer rest = ByteBuffer.wrap(bytes, offset, length);
        while (rest.hasRemaining()) {
            file.write(rest);
        }
    }
}
