package dev.backplane.shell.internal.terminal;

import dev.backplane.api.console.HostTerminal;
import dev.backplane.api.console.TerminalSize;
import java.io.IOException;

/** One stream on the terminal. What is typed for it waits here while it has no room. */
final class AttachedStream implements HostTerminal.Attachment {
    private static final int BACKLOG_BYTES = 64 << 10;
    private static final int TYPED_BYTES = 4096;

    private final TerminalSwitch terminal;
    private final String name;
    private final HostTerminal.Input input;
    private final Backlog backlog = new Backlog(BACKLOG_BYTES);
    private final byte[] typed = new byte[TYPED_BYTES];
    private int typedLength;

    AttachedStream(TerminalSwitch terminal, String name, HostTerminal.Input input) {
        this.terminal = terminal;
        this.name = name;
        this.input = input;
    }

    String name() {
        return name;
    }

    /** Guarded by the terminal's output lock. */
    Backlog backlog() {
        return backlog;
    }

    /**
     * Hands over what is typed, behind what waits already. The keyboard's thread only.
     *
     * @return false if some of it had to be dropped
     */
    boolean type(byte[] bytes, int offset, int length) {
        int taken = offerWaiting() ? input.accept(bytes, offset, length) : 0;
        int rest = length - taken;
        int kept = Math.min(rest, typed.length - typedLength);
        System.arraycopy(bytes, offset + taken, typed, typedLength, kept);
        typedLength += kept;
        return kept == rest;
    }

    /**
     * Offers what waits. The keyboard's thread only.
     *
     * @return true if nothing waits any more
     */
    boolean offerWaiting() {
        if (typedLength > 0) {
            int taken = input.accept(typed, 0, typedLength);
            System.arraycopy(typed, taken, typed, 0, typedLength - taken);
            typedLength -= taken;
        }
        return typedLength == 0;
    }

    /** The terminal has another size. The keyboard's thread only. */
    void resized() {
        input.resized();
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        terminal.write(this, bytes, offset, length);
    }

    @Override
    public TerminalSize size() {
        return terminal.size();
    }

    @Override
    public void ready() {
        terminal.inputReady();
    }

    @Override
    public void close() {
        terminal.detach(this);
    }
}
