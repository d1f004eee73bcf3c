package dev.backplane.kernel.internal.bay;

import dev.backplane.api.console.ConsoleListener;
import dev.backplane.api.console.ConsolePort;
import dev.backplane.api.console.TerminalSize;

/**
 * The side of a console's bay that devices use. While the bay does not run it takes nothing and gives nothing; when it runs
 * again the device is told that both may go on. Writing and reading allocate nothing.
 */
public abstract sealed class ConsoleFront extends Front<ConsoleListener> permits HostFront, VirtualFront {
    /** Takes a byte from the device; false where there is no room. */
    abstract boolean write(byte value);

    /** Gives a byte to the device; -1 where there is none. */
    abstract int read();

    /** The size of the terminal at the far end. */
    abstract TerminalSize size();

    /** The far end runs. */
    abstract void open(ConsolePort<?> to);

    /** The far end does not run. */
    abstract void close();

    /** The far end has something to read. */
    abstract void signalReadable();

    /** The far end has room. */
    abstract void signalWritable();

    /** The far end's terminal has another size. */
    abstract void signalResized();
}
