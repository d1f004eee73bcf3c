package dev.backplane.disk.internal;

import dev.backplane.shell.command.CommandContext;
import java.io.Console;
import java.io.IOException;
import java.util.Locale;

/** How far a command is: a bar on a terminal, qemu-img's line where it is asked for elsewhere. Any thread. */
final class Progress implements AutoCloseable {
    private static final long EVERY_NANOS = 100_000_000;
    private static final int WIDTH = 30;

    private final CommandContext context;
    private final long whole;
    private final boolean terminal;
    private final boolean shown;
    private final long begun = System.nanoTime();
    private long done;
    private long drawn;

    private Progress(CommandContext context, long whole, boolean terminal, boolean shown) {
        this.context = context;
        this.whole = Math.max(1, whole);
        this.terminal = terminal;
        this.shown = shown;
    }

    /**
     * Begins.
     *
     * @param whole how much there is to do
     * @param asked whether it is shown anywhere
     * @param quiet whether it is shown nowhere
     */
    static Progress of(CommandContext context, long whole, boolean asked, boolean quiet) {
        Console console = System.console();
        boolean terminal = console != null && console.isTerminal();
        return new Progress(context, whole, terminal, !quiet && (asked || terminal));
    }

    synchronized void add(long bytes) throws IOException {
        done += bytes;
        long now = System.nanoTime();
        if (shown && now - drawn >= EVERY_NANOS) {
            drawn = now;
            draw(now);
        }
    }

    private void draw(long now) throws IOException {
        double share = Math.min(1, (double) done / whole);
        if (!terminal) {
            context.print(String.format(Locale.ROOT, "    (%.2f/100%%)\r", 100 * share));
            return;
        }
        int filled = (int) (share * WIDTH);
        double seconds = Math.max(1e-3, (now - begun) / 1e9);
        context.print(String.format(
                Locale.ROOT,
                "\r[%s%s] %5.1f %%  %s of %s, %s/s   ",
                "=".repeat(filled),
                " ".repeat(WIDTH - filled),
                100 * share,
                Sizes.text(done),
                Sizes.text(whole),
                Sizes.text((long) (done / seconds))));
    }

    /** The last state stays on the screen. */
    @Override
    public synchronized void close() throws IOException {
        if (shown) {
            draw(System.nanoTime());
            context.print("\n");
        }
    }
}
