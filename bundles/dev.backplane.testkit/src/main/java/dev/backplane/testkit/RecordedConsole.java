package dev.backplane.testkit;

import dev.backplane.api.console.Console;
import dev.backplane.api.console.ConsoleListener;
import dev.backplane.api.console.TerminalSize;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** A console that keeps what it is given and hands out what the test types. It outlives the parts that use it. */
public final class RecordedConsole implements Console {
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private final Queue<Integer> typed = new ArrayDeque<>();
    private long room = Long.MAX_VALUE;
    private TerminalSize size = TerminalSize.UNKNOWN;
    private @Nullable ConsoleListener listener;

    @Override
    public synchronized boolean write(byte value) {
        if (room == 0) {
            return false;
        }
        room--;
        received.write(value);
        return true;
    }

    @Override
    public synchronized int read() {
        Integer next = typed.poll();
        return next == null ? -1 : next;
    }

    @Override
    public synchronized TerminalSize size() {
        return size;
    }

    @Override
    public synchronized void listen(ConsoleListener listener) {
        this.listener = listener;
    }

    /**
     * Takes this many more bytes and then none, and tells the listener if that is any.
     *
     * @param bytes how many; {@link Long#MAX_VALUE} for no limit
     */
    public void setRoom(long bytes) {
        ConsoleListener told;
        synchronized (this) {
            room = bytes;
            told = listener;
        }
        if (bytes > 0 && told != null) {
            told.writable();
        }
    }

    /**
     * The terminal has another size.
     *
     * @param other the new one
     */
    public void resize(TerminalSize other) {
        ConsoleListener told;
        synchronized (this) {
            size = other;
            told = listener;
        }
        if (told != null) {
            told.resized();
        }
    }

    /**
     * Bytes arrive.
     *
     * @param bytes in their order
     */
    public void type(byte[] bytes) {
        ConsoleListener told;
        synchronized (this) {
            for (byte each : bytes) {
                typed.add(Byte.toUnsignedInt(each));
            }
            told = listener;
        }
        if (told != null) {
            told.readable();
        }
    }

    /**
     * Characters arrive.
     *
     * @param text in UTF-8
     */
    public void type(String text) {
        type(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * What the device has written so far.
     *
     * @return the bytes
     */
    public synchronized byte[] received() {
        return received.toByteArray();
    }

    /**
     * What the device has written so far.
     *
     * @return the bytes as UTF-8
     */
    public String text() {
        return new String(received(), StandardCharsets.UTF_8);
    }

    /**
     * Bytes that were typed and not read yet.
     *
     * @return how many
     */
    public synchronized int unread() {
        return typed.size();
    }

    /** Forgets the listener, whose part is gone. */
    synchronized void forgetListener() {
        listener = null;
    }
}
