package dev.backplane.console.stdio.internal;

import dev.backplane.api.console.ByteQueue;
import dev.backplane.api.console.ConsoleContext;
import dev.backplane.api.console.ConsolePort;
import dev.backplane.api.console.HostTerminal;
import dev.backplane.api.console.OutputPump;
import dev.backplane.api.console.TerminalSize;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.part.RevokedException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A queue in each direction between the guest and the terminal. The port is attached from its first resume until it is
 * closed, a pause included: detaching would take the keyboard away from whoever uses it.
 */
final class StdioPort implements ConsolePort<StdioState> {
    private final ConsoleContext context;
    private final HostTerminal terminal;
    private final ByteQueue output = new ByteQueue(StdioState.OUTPUT_BYTES);
    private final ByteQueue input = new ByteQueue(StdioState.INPUT_BYTES);
    private final OutputPump pump;
    /** What is typed goes into the queue as long as the port is open: at rest nothing more may get there. */
    private final Object door = new Object();

    private volatile HostTerminal.@Nullable Attachment attachment;
    private volatile boolean open;

    StdioPort(ConsoleContext context, HostTerminal terminal, StdioState state) {
        this.context = context;
        this.terminal = terminal;
        this.output.offer(state.output(), 0, state.output().length);
        this.input.offer(state.input(), 0, state.input().length);
        this.pump = new OutputPump(context, output, this::show);
    }

    @Override
    public boolean write(byte value) {
        return output.offer(value);
    }

    @Override
    public int read() {
        int value = input.poll();
        if (value >= 0 && input.takeRefused()) {
            tellReady();
        }
        return value;
    }

    @Override
    public TerminalSize size() {
        HostTerminal.Attachment attached = attachment;
        return attached == null ? TerminalSize.UNKNOWN : attached.size();
    }

    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        pump.stop(deadline);
        synchronized (door) {
            open = false;
        }
    }

    @Override
    public StdioState save() {
        return new StdioState(output.toByteArray(), input.toByteArray());
    }

    @Override
    public void resume(Resumption why) {
        open = true;
        try {
            if (attachment == null) {
                attachment = terminal.attach(context.vm(), context.id(), new Keys());
            }
            pump.start();
        } catch (IOException e) {
            context.fail("the terminal cannot be used: " + e.getMessage(), e);
        }
        // What was refused while the port was at rest, or before it knew its attachment, is offered again.
        tellReady();
    }

    @Override
    public void close() {
        open = false;
        HostTerminal.Attachment attached = attachment;
        attachment = null;
        if (attached != null) {
            attached.close();
        }
    }

    private void show(byte[] bytes, int offset, int length) throws IOException {
        HostTerminal.Attachment attached = attachment;
        if (attached == null) {
            throw new IOException("the port is closed");
        }
        attached.write(bytes, offset, length);
    }

    private void tellReady() {
        HostTerminal.Attachment attached = attachment;
        if (attached != null) {
            attached.ready();
        }
    }

    /** Hears the terminal, on a thread of its own. */
    private final class Keys implements HostTerminal.Input {
        @Override
        public int accept(byte[] bytes, int offset, int length) {
            int taken;
            synchronized (door) {
                taken = open ? input.offer(bytes, offset, length) : 0;
            }
            if (taken > 0) {
                tell(context::readable);
            }
            return taken;
        }

        /** A port at rest says nothing: when it goes on, whoever listens looks at everything. */
        @Override
        public void resized() {
            if (open) {
                tell(context::resized);
            }
        }

        private void tell(Runnable what) {
            try {
                what.run();
            } catch (RevokedException late) {
                // The part was cut off a moment ago: the terminal's thread must not end by that.
                open = false;
            }
        }
    }
}
