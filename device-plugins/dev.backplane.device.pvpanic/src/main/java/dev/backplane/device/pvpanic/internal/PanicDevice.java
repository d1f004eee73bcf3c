package dev.backplane.device.pvpanic.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.device.pvpanic.internal.PanicOptions.OnPanic;

/** One register: a read gives the events that it knows, a write reports some of them. */
final class PanicDevice implements Device<PanicState>, RegisterHandler {
    private static final int PANICKED = 1;
    private static final int CRASH_KERNEL = 1 << 1;
    private static final int SHUTDOWN = 1 << 2;
    private static final int EXIT_STATUS = 1;

    private final DeviceContext context;
    private final OnPanic onPanic;

    PanicDevice(PanicOptions options, DeviceContext context) {
        this.context = context;
        onPanic = options.onPanic();
        context.serve(PanicFactory.WINDOW, this);
    }

    @Override
    public long read(long offset, int size) {
        return offset == 0 ? PANICKED | CRASH_KERNEL | SHUTDOWN : 0;
    }

    @Override
    public void write(long offset, int size, long value) {
        if (offset != 0) {
            return;
        }
        if ((value & PANICKED) != 0) {
            tell("the guest's kernel has panicked");
            if (onPanic == OnPanic.EXIT) {
                context.endMachine(EXIT_STATUS, "pvpanic: the guest's kernel has panicked");
            }
        }
        if ((value & CRASH_KERNEL) != 0) {
            tell("the guest's kernel has panicked and starts its crash kernel");
        }
        if ((value & SHUTDOWN) != 0) {
            tell("the guest switches itself off");
        }
    }

    private void tell(String what) {
        context.logger().log(System.Logger.Level.WARNING, "{0}", what);
    }

    @Override
    public void quiesce(Deadline deadline) {
        // Nothing is ever in flight.
    }

    @Override
    public PanicState save() {
        return new PanicState();
    }

    @Override
    public void resume(Resumption why) {
        // Nothing to start.
    }

    @Override
    public void reset(ResetKind kind) {
        // Nothing to forget.
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
