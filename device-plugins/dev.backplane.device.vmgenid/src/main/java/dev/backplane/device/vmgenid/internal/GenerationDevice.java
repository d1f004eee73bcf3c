package dev.backplane.device.vmgenid.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.InterruptLine;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.part.Resumption.Cause;
import java.util.random.RandomGenerator;

/** Sixteen bytes that nobody can write, and that are others wherever the guest's memory has become somebody else's too. */
final class GenerationDevice implements Device<GenerationState>, RegisterHandler {
    private final DeviceContext context;
    private final InterruptLine changed;
    private volatile GenerationState identifier;

    GenerationDevice(DeviceContext context, GenerationState identifier) {
        this.context = context;
        this.identifier = identifier;
        changed = context.interrupt(GenerationFactory.CHANGED);
        context.serve(GenerationFactory.WINDOW, this);
    }

    /** Another identifier. */
    static GenerationState next(DeviceContext context) {
        RandomGenerator random = context.random();
        return new GenerationState(random.nextLong(), random.nextLong());
    }

    @Override
    public long read(long offset, int size) {
        GenerationState now = identifier;
        long value = 0;
        for (int i = size - 1; i >= 0; i--) {
            value = value << 8 | octet(now, offset + i);
        }
        return value;
    }

    private static long octet(GenerationState identifier, long offset) {
        if (offset >= 2 * Long.BYTES) {
            return 0;
        }
        long half = offset < Long.BYTES ? identifier.low() : identifier.high();
        return half >>> Byte.SIZE * (offset % Long.BYTES) & 0xff;
    }

    @Override
    public void write(long offset, int size, long value) {
        // The host's alone.
    }

    @Override
    public void quiesce(Deadline deadline) {
        // Nothing is ever in flight.
    }

    @Override
    public GenerationState save() {
        return identifier;
    }

    /** Memory that was copied or taken from the past is another generation; memory that has moved, or waited, is not. */
    @Override
    public void resume(Resumption why) {
        if (why.cause() == Cause.CLONE || why.cause() == Cause.SNAPSHOT) {
            identifier = next(context);
            changed.pulse();
        }
    }

    @Override
    public void reset(ResetKind kind) {
        // The same generation.
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
