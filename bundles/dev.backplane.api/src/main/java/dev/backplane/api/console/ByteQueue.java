package dev.backplane.api.console;

/**
 * A bounded queue of bytes between threads that must not block and one that may: what a console's far end needs between its
 * {@link ConsolePort} and the thread that does the input and output. Callable on any thread; allocates only where it says so.
 *
 * <p>The thread that empties it looks first and removes what it could deliver, so that the queue always holds what is not
 * delivered yet, which is what a part saves:
 *
 * <pre>{@code
 * int count = queue.await(chunk);                // 0: woken
 * int written = channel.write(chunk, 0, count);
 * queue.remove(written);
 * if (queue.takeRefused()) {
 *     context.writable();
 * }
 * }</pre>
 */
public final class ByteQueue {
    private final byte[] ring;
    private int head;
    private int size;
    private boolean refused;
    private boolean woken;

    /**
     * An empty queue.
     *
     * @param capacity how many bytes it holds
     */
    public ByteQueue(int capacity) {
        if (capacity <= 0) {
            throw new IllegalArgumentException("capacity " + capacity + ": expected at least 1");
        }
        ring = new byte[capacity];
    }

    /**
     * Appends a byte.
     *
     * @param value the byte
     * @return false when the queue is full
     */
    public synchronized boolean offer(byte value) {
        if (size == ring.length) {
            refused = true;
            return false;
        }
        ring[index(size)] = value;
        size++;
        notifyAll();
        return true;
    }

    /**
     * Appends as many bytes as fit.
     *
     * @param source where they are
     * @param offset the first
     * @param length how many
     * @return how many were appended
     */
    public synchronized int offer(byte[] source, int offset, int length) {
        int taken = 0;
        while (taken < length && offer(source[offset + taken])) {
            taken++;
        }
        return taken;
    }

    /**
     * Appends a byte, in place of the oldest one when the queue is full.
     *
     * @param value the byte
     */
    public synchronized void push(byte value) {
        if (size == ring.length) {
            remove(1);
        }
        offer(value);
    }

    /**
     * Takes the oldest byte.
     *
     * @return 0 to 255, or -1 when there is none
     */
    public synchronized int poll() {
        int value = peek();
        if (value >= 0) {
            remove(1);
        }
        return value;
    }

    /**
     * Looks at the oldest byte.
     *
     * @return 0 to 255, or -1 when there is none
     */
    public synchronized int peek() {
        return size == 0 ? -1 : Byte.toUnsignedInt(ring[head]);
    }

    /**
     * Copies the oldest bytes without removing them.
     *
     * @param target where to; as many as it holds
     * @return how many were copied
     */
    public synchronized int peek(byte[] target) {
        int count = Math.min(size, target.length);
        for (int i = 0; i < count; i++) {
            target[i] = ring[index(i)];
        }
        return count;
    }

    /**
     * Copies the oldest bytes without removing them; waits until there is one, or until {@link #wake}.
     *
     * @param target where to; as many as it holds
     * @return how many were copied, 0 when woken
     * @throws InterruptedException when interrupted while it waits
     */
    public synchronized int await(byte[] target) throws InterruptedException {
        while (size == 0 && !woken) {
            wait();
        }
        if (woken) {
            woken = false;
            return 0;
        }
        return peek(target);
    }

    /** Ends the wait of the thread in {@link #await}, or else its next one at once. Wakes do not add up. */
    public synchronized void wake() {
        woken = true;
        notifyAll();
    }

    /**
     * Removes the oldest bytes.
     *
     * @param count how many, at most {@link #size}
     */
    public synchronized void remove(int count) {
        if (count < 0 || count > size) {
            throw new IllegalArgumentException("remove " + count + " of " + size + " bytes");
        }
        head = index(count);
        size -= count;
    }

    /**
     * Whether a byte was refused since the last call: then its sender is to be told once there is room again.
     *
     * @return true once after a refusal
     */
    public synchronized boolean takeRefused() {
        boolean taken = refused;
        refused = false;
        return taken;
    }

    /**
     * How many bytes it holds now.
     *
     * @return at most {@link #capacity}
     */
    public synchronized int size() {
        return size;
    }

    /**
     * How many bytes it can hold.
     *
     * @return as given when it was made
     */
    public int capacity() {
        return ring.length;
    }

    /**
     * What it holds, oldest first.
     *
     * @return a new array
     */
    public synchronized byte[] toByteArray() {
        byte[] bytes = new byte[size];
        peek(bytes);
        return bytes;
    }

    private int index(int distance) {
        return Math.floorMod(head + distance, ring.length);
    }
}
