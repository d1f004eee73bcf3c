package dev.backplane.kernel.internal.bay;

import dev.backplane.api.console.Console;
import dev.backplane.api.console.ConsoleListener;
import dev.backplane.api.console.TerminalSize;

/** One generation of a device's hold on a console. */
final class PartConsole extends Hold<ConsoleListener> implements Console {
    private final ConsoleFront front;

    PartConsole(BasicContext context, ConsoleFront front) {
        super(context, front);
        this.front = front;
    }

    @Override
    public boolean write(byte value) {
        return acts() && front.write(value);
    }

    @Override
    public int read() {
        return acts() ? front.read() : -1;
    }

    @Override
    public TerminalSize size() {
        check();
        return front.size();
    }
}
