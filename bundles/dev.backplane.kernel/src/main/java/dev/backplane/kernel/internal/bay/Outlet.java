package dev.backplane.kernel.internal.bay;

import java.util.Arrays;

/**
 * What a guest on virtual time has written and its console has not taken yet. The guest is made to wait long before it is
 * full, so it grows only within one turn; what comes beyond the bound is dropped. For one thread at a time.
 */
final class Outlet {
    /** From here on the guest has to wait. */
    static final int HIGH = 32 * 1024;

    private static final int FIRST = 64 * 1024;
    private static final int MOST = 16 << 20;

    private byte[] bytes = new byte[FIRST];
    private int head;
    private int size;

    /** Appends a byte; false where it was dropped. */
    boolean put(byte value) {
        if (size == bytes.length && !grow()) {
            return false;
        }
        bytes[head + size & bytes.length - 1] = value;
        size++;
        return true;
    }

    private boolean grow() {
        if (bytes.length == MOST) {
            return false;
        }
        byte[] larger = Arrays.copyOf(bytes, bytes.length * 2);
        // What had wrapped round to the beginning follows the old end.
        System.arraycopy(bytes, 0, larger, bytes.length, head);
        bytes = larger;
        return true;
    }

    int size() {
        return size;
    }

    byte first() {
        return bytes[head];
    }

    void removeFirst() {
        head = head + 1 & bytes.length - 1;
        size--;
    }
}
