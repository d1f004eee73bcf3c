package dev.backplane.network.user.internal;

/** Whoever waits for a socket. */
@FunctionalInterface
interface Ready {
    /**
     * The socket can do some of what was waited for. On the loop's thread.
     *
     * @param operations as in {@link java.nio.channels.SelectionKey}
     */
    void ready(int operations);
}
