package dev.backplane.shell.internal.terminal;

import java.io.InputStream;
import java.io.InterruptedIOException;

/** What was typed, between the keyboard's thread, which must not block, and the shell's, which may. */
public final class Keys extends InputStream {
    private final byte[] ring = new byte[4096];
    private final Runnable roomAgain;
    private int begin;
    private int count;
    private boolean ended;

    /** {@code roomAgain} is called, without a lock, when bytes were taken after some had been refused. */
    public Keys(Runnable roomAgain) {
        this.roomAgain = roomAgain;
    }

    /** Takes what there is room for. */
    public synchronized int offer(byte[] bytes, int offset, int length) {
        int taken = Math.min(length, ring.length - count);
        for (int i = 0; i < taken; i++) {
            ring[(begin + count++) % ring.length] = bytes[offset + i];
        }
        notifyAll();
        return taken;
    }

    /** Lets a reader see the end. */
    public synchronized void end() {
        ended = true;
        notifyAll();
    }

    @Override
    public int read() throws InterruptedIOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws InterruptedIOException {
        boolean wasFull;
        int taken;
        synchronized (this) {
            try {
                while (count == 0 && !ended) {
                    wait();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while waiting for a key");
            }
            if (count == 0) {
                return -1;
            }
            wasFull = count == ring.length;
            taken = Math.min(length, count);
            for (int i = 0; i < taken; i++) {
                target[offset + i] = ring[begin];
                begin = (begin + 1) % ring.length;
            }
            count -= taken;
        }
        if (wasFull) {
            roomAgain.run();
        }
        return taken;
    }

    @Override
    public synchronized int available() {
        return count;
    }
}
