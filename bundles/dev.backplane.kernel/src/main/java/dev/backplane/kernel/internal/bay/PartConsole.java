package dev.backplane.kernel.internal.bay;

import dev.backplane.api.console.Console;
import dev.backplane.api.console.ConsoleListener;
import org.jspecify.annotations.Nullable;

/** One generation of a device's hold on a console. */
final class PartConsole implements Console {
    private final BasicContext context;
    private final ConsoleFront front;
    private volatile @Nullable ConsoleListener listener;

    PartConsole(BasicContext context, ConsoleFront front) {
        this.context = context;
        this.front = front;
        front.attach(this);
    }

    @Override
    public boolean write(byte value) {
        context.lifeline.check();
        return front.write(value);
    }

    @Override
    public int read() {
        context.lifeline.check();
        return front.read();
    }

    @Override
    public void listen(ConsoleListener next) {
        context.lifeline.check();
        listener = next;
        front.signalBoth();
    }

    void signalBoth() {
        front.signalBoth();
    }

    /** On the signal thread. A closed gate drops the call: opening it brings both again. */
    void tell(boolean readable) {
        ConsoleListener told = listener;
        if (told == null || !context.gate.enter()) {
            return;
        }
        try {
            if (readable) {
                told.readable();
            } else {
                told.writable();
            }
        } catch (RuntimeException | Error e) {
            if (!context.lifeline.isCut()) {
                context.threw(e);
            }
        } finally {
            context.gate.exit();
        }
    }

    void cut() {
        listener = null;
        front.detach(this);
    }
}
