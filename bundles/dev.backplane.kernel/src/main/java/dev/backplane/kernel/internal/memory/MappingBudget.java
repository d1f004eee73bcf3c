package dev.backplane.kernel.internal.memory;

import java.util.concurrent.atomic.AtomicInteger;

/** How many mappings the machines of this process may have beyond one each: the host's kernel bounds them for the process. */
final class MappingBudget {
    private final AtomicInteger left;

    MappingBudget(int most) {
        left = new AtomicInteger(most);
    }

    /** Takes some, all or none. */
    boolean take(int count) {
        for (int now = left.get(); now >= count; now = left.get()) {
            if (left.compareAndSet(now, now - count)) {
                return true;
            }
        }
        return false;
    }

    void give(int count) {
        left.addAndGet(count);
    }
}
