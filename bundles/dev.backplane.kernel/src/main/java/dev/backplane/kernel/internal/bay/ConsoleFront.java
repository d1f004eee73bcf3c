package dev.backplane.kernel.internal.bay;

import dev.backplane.api.console.ConsolePort;

/**
 * The side of a console's bay that devices use. While the bay does not run it takes nothing and gives nothing; when it runs
 * again the device is told that both may go on. Writing and reading allocate nothing.
 */
public sealed interface ConsoleFront permits HostFront, VirtualFront {
    /** Takes a byte from the device; false where there is no room. */
    boolean write(byte value);

    /** Gives a byte to the device; -1 where there is none. */
    int read();

    /** The far end runs. */
    void open(ConsolePort<?> to);

    /** The far end does not run. */
    void close();

    /** Names the device. */
    void attach(PartConsole console);

    /** The device has gone. */
    void detach(PartConsole console);

    /** Has the device told that both may go on. */
    void signalBoth();

    /** The far end has something to read. */
    void signalReadable();

    /** The far end has room. */
    void signalWritable();
}
