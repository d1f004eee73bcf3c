package dev.backplane.kernel.internal.bay;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The side of a bay that a device talks to. It stays while parts come and go on either side of it.
 *
 * @param <L> what the device listens with
 */
abstract class Front<L> {
    private volatile @Nullable Hold<L> device;

    /** Names the device. */
    final void attach(Hold<L> hold) {
        device = hold;
    }

    /** The device has gone. */
    final void detach(Hold<L> hold) {
        if (device == hold) {
            device = null;
        }
    }

    /** Tells the device, if there is one that listens and runs. On the thread of the signals, or of the vCPUs on virtual time. */
    final void tell(Consumer<? super L> what) {
        Hold<L> told = device;
        if (told != null) {
            told.tell(what);
        }
    }

    /** Has the device told to look at everything. */
    abstract void signalAll();
}
