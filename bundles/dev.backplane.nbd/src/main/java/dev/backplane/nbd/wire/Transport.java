package dev.backplane.nbd.wire;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A stream of bytes in each direction. One thread reads at a time and one writes; {@link #close} may come from any. */
public interface Transport extends Closeable {
    /**
     * Reads what has come, and waits while there is nothing.
     *
     * @param target has room
     * @return how many bytes, at least 1; or -1 at the end
     * @throws IOException when the connection is gone
     */
    int read(ByteBuffer target) throws IOException;

    /**
     * Writes all of some buffers, one after the other.
     *
     * @param sources emptied by it
     * @throws IOException when the connection is gone
     */
    void write(ByteBuffer... sources) throws IOException;

    /**
     * Tells the far end that nothing more will come, where that is done within the stream.
     *
     * @throws IOException when the connection is gone
     */
    void finish() throws IOException;

    /** Ends it at once. Whoever reads or writes gets an exception. Does nothing the second time. */
    @Override
    void close();
}
