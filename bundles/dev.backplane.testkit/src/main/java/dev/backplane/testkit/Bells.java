package dev.backplane.testkit;

import java.util.concurrent.Semaphore;

/**
 * What a device is told by what it talks through: each call is a permit.
 *
 * @param readable something has arrived
 * @param writable there is room again
 * @param changed the link, or the terminal's size, is another
 */
record Bells(Semaphore readable, Semaphore writable, Semaphore changed) {
    Bells() {
        this(new Semaphore(0), new Semaphore(0), new Semaphore(0));
    }

    /** What a bay does when a part goes on: whoever waits looks again. */
    void ringAll() {
        readable.release();
        writable.release();
        changed.release();
    }
}
