package dev.backplane.itests.hostile;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** What the kernel and the parts log meanwhile: nothing that a guest does is worth a warning. */
final class Logged extends Handler {
    private static final int KEPT = 20;

    private final Logger root = Logger.getLogger("");
    private final Queue<String> warnings = new ConcurrentLinkedQueue<>();
    private final SimpleFormatter formatter = new SimpleFormatter();
    private final AtomicLong lines = new AtomicLong();
    private final List<Handler> others = List.of(root.getHandlers());

    /** Takes the place of what would print them. */
    void start() {
        others.forEach(root::removeHandler);
        root.addHandler(this);
    }

    void stop() {
        root.removeHandler(this);
        others.forEach(root::addHandler);
    }

    @Override
    public void publish(LogRecord record) {
        lines.incrementAndGet();
        if (record.getLevel().intValue() >= Level.WARNING.intValue() && warnings.size() < KEPT) {
            warnings.add(formatter.format(record));
        }
    }

    /** The first warnings. */
    List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** How many lines there were, of any level that is logged. */
    long lines() {
        return lines.get();
    }

    @Override
    public void flush() {
        // Nothing waits.
    }

    @Override
    public void close() {
        stop();
    }
}
