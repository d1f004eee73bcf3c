package dev.backplane.testkit;

import dev.backplane.api.console.ConsoleContext;
import dev.backplane.api.network.NetworkContext;

/** The context of one generation of what a device talks through, a console or a network. Its signals ring the bay's bells. */
final class EndContext extends TestPartContext implements ConsoleContext, NetworkContext {
    private final Bells bells;

    EndContext(String id, TestMachine machine, HostResources resources, Bells bells) {
        super(id, machine, resources);
        this.bells = bells;
    }

    @Override
    public void readable() {
        check();
        bells.readable().release();
    }

    @Override
    public void writable() {
        check();
        bells.writable().release();
    }

    @Override
    public void linkChanged() {
        check();
        bells.changed().release();
    }

    @Override
    public void resized() {
        check();
        bells.changed().release();
    }
}
