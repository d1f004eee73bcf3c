package dev.backplane.network.user.internal;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/** Waits for sockets. For the loop's thread, but for {@link #wake}. */
final class Poller implements AutoCloseable {
    private final Selector selector;

    Poller() throws IOException {
        selector = Selector.open();
    }

    /** Waits for a socket that does not block from now on. Its closing ends that. */
    SelectionKey register(SelectableChannel channel, int operations, Ready owner) throws IOException {
        channel.configureBlocking(false);
        return channel.register(selector, operations, owner);
    }

    /** Waits until a socket is ready, for so long at most, and tells the owners of those that are. */
    void await(long nanos) throws IOException {
        if (nanos <= 0) {
            selector.selectNow(Poller::tell);
        } else {
            // Rounded up, so that what is due in less than a millisecond does not make it spin.
            selector.select(Poller::tell, nanos / 1_000_000 + 1);
        }
    }

    private static void tell(SelectionKey key) {
        int operations;
        try {
            operations = key.readyOps();
        } catch (CancelledKeyException closedByAnOtherOne) {
            return;
        }
        ((Ready) key.attachment()).ready(operations);
    }

    /** Ends the wait. Any thread. */
    void wake() {
        selector.wakeup();
    }

    @Override
    public void close() throws IOException {
        selector.close();
    }
}
