package dev.backplane.network.user.internal;

import java.nio.ByteBuffer;

/** The host's end where there is none. */
enum NoStream implements HostStream {
    /** It has no state. */
    NONE;

    @Override
    public long number() {
        return -1;
    }

    @Override
    public void own(TcpConnection connection) {
        // There is nothing to be told.
    }

    @Override
    public int read(ByteBuffer target) {
        return 0;
    }

    @Override
    public int write(ByteBuffer source) {
        return 0;
    }

    @Override
    public void shutdownOutput() {
        // Nobody is told.
    }

    @Override
    public void await(boolean readable, boolean writable) {
        // Nothing comes.
    }

    @Override
    public void close() {
        // Nothing is open.
    }

    @Override
    public void reset() {
        // Nothing is open.
    }
}
