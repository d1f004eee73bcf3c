package dev.backplane.testkit;

import dev.backplane.api.console.ConsoleContext;
import java.util.concurrent.Semaphore;

/** A far end's context. Its signals are permits that the bench waits for. */
final class TestConsoleContext extends TestPartContext implements ConsoleContext {
    private final Semaphore readable;
    private final Semaphore writable;

    TestConsoleContext(TestMachine machine, HostResources resources, Semaphore readable, Semaphore writable) {
        super("console", machine, resources);
        this.readable = readable;
        this.writable = writable;
    }

    @Override
    public void readable() {
        check();
        readable.release();
    }

    @Override
    public void writable() {
        check();
        writable.release();
    }
}
