package dev.backplane.kernel.internal.bay;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One generation of a device's hold on what it talks through, with its listener.
 *
 * @param <L> the listener
 */
abstract class Hold<L> {
    private final BasicContext context;
    private final Front<L> front;
    private volatile @Nullable L listener;

    Hold(BasicContext context, Front<L> front) {
        this.context = context;
        this.front = front;
        if (!context.lifeline.isApart()) {
            front.attach(this);
        }
    }

    /** Throws where the device has been cut off; false where what it does is to have no effect. */
    final boolean acts() {
        return context.lifeline.acts();
    }

    /** Throws where the device has been cut off. */
    final void check() {
        context.lifeline.check();
    }

    /** Names the listener, and has it look at everything. */
    public final void listen(L next) {
        boolean inPlace = acts();
        listener = next;
        if (inPlace) {
            front.signalAll();
        }
    }

    /** The device runs, perhaps again: it has the front, and looks at everything. */
    final void again() {
        front.attach(this);
        front.signalAll();
    }

    /** A closed gate drops the call: opening it brings all of them again. */
    final void tell(Consumer<? super L> what) {
        L told = listener;
        if (told == null || !context.gate.enter()) {
            return;
        }
        try {
            what.accept(told);
        } catch (RuntimeException | Error e) {
            if (!context.lifeline.isCut()) {
                context.threw(e);
            }
        } finally {
            context.gate.exit();
        }
    }

    final void cut() {
        listener = null;
        front.detach(this);
    }
}
