package dev.backplane.device.nvme.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateException;

/** A controller with one namespace (NVMe 1.4), as a part. */
final class NvmeDevice implements Device<NvmeState> {
    private final Controller controller;

    NvmeDevice(NvmeOptions options, DeviceContext context) {
        controller = new Controller(options, context);
        context.serve(NvmeFactory.REGISTERS, new Registers(controller));
    }

    NvmeDevice goingOnFrom(NvmeState state) throws StateException {
        controller.restore(state);
        return this;
    }

    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        controller.quiesce(deadline);
    }

    @Override
    public NvmeState save() {
        return controller.save();
    }

    @Override
    public void resume(Resumption why) {
        controller.resume();
    }

    @Override
    public void reset(ResetKind kind) {
        controller.reset();
    }

    @Override
    public void close() {
        controller.close();
    }
}
