package dev.backplane.network.user.internal;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The host's end of a connection. Nothing blocks. */
interface HostStream {
    /** By which the bay knows it. */
    long number();

    /** Serves a connection, which is told what there is to do. */
    void own(TcpConnection connection) throws IOException;

    /** Reads what is there. Returns -1 at the end, 0 for nothing at present. */
    int read(ByteBuffer target) throws IOException;

    /** Writes what there is room for. Returns how much that was. */
    int write(ByteBuffer source) throws IOException;

    /** Tells the other side that nothing more comes. */
    void shutdownOutput() throws IOException;

    /** Waits for what is named, and for nothing else. */
    void await(boolean readable, boolean writable);

    /** Closes it; what was written still arrives. */
    void close();

    /** Breaks it off: the other side sees a reset. */
    void reset();
}
