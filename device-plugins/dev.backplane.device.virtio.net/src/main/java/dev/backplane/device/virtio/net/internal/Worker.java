package dev.backplane.device.virtio.net.internal;

import dev.backplane.api.device.DeviceContext;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/** Does some work on the threads of the part when somebody says that there is some; however often that is said, one task waits. */
final class Worker {
    private final DeviceContext context;
    private final BooleanSupplier work;
    private final AtomicBoolean waiting = new AtomicBoolean();

    /** @param work does a bounded amount, on several threads at once, and returns whether there may be more */
    Worker(DeviceContext context, BooleanSupplier work) {
        this.context = context;
        this.work = work;
    }

    /** Has it done soon. Any thread; does not block. */
    void wake() {
        if (waiting.compareAndSet(false, true)) {
            context.executor().execute(this::runWaiting);
        }
    }

    private void runWaiting() {
        waiting.set(false);
        run();
    }

    /** Does it here. */
    void run() {
        if (work.getAsBoolean()) {
            wake();
        }
    }
}
