package dev.backplane.device.debugexit.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;

/** Ends the machine at the first write. Reads give ones. */
final class DebugExitDevice implements Device<DebugExitState>, RegisterHandler {
    private final DeviceContext context;

    DebugExitDevice(DeviceContext context) {
        this.context = context;
        context.serve(DebugExitFactory.WINDOW, this);
    }

    @Override
    public long read(long offset, int size) {
        return -1;
    }

    /** Odd, so that a guest's success cannot be mistaken for the monitor's own exit status 0. */
    @Override
    public void write(long offset, int size, long value) {
        int status = (int) (value << 1 | 1) & 0xff;
        context.endMachine(status, "debug-exit: the guest wrote 0x%x".formatted(value));
    }

    @Override
    public void quiesce(Deadline deadline) {
        // Nothing is ever in flight.
    }

    @Override
    public DebugExitState save() {
        return new DebugExitState();
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
