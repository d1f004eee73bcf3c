package dev.backplane.itests.hostile;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.regex.Pattern;

/** What the kernel and the parts log meanwhile: nothing that a guest does is worth a warning, but for one. */
final class Logged extends Handler {
    private static final int KEPT = 20;
    /** Said once, of a guest that does not look whether its transmitter is empty. */
    private static final String LOST_CHARACTERS = "the console takes nothing and the guest goes on transmitting";

    /** Of whom that is said was too slow: the guest, or the host. */
    private static final Pattern LATE = Pattern.compile("does not come out of the guest|has not returned in time"
            + "|had not returned when the machine was to end|does not come back");

    private final Logger root = Logger.getLogger("");
    private final Queue<String> warnings = new ConcurrentLinkedQueue<>();
    private final Queue<String> late = new ConcurrentLinkedQueue<>();
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
            String text = formatter.format(record);
            if (LATE.matcher(text).find()) {
                late.add(text);
            } else if (!text.contains(LOST_CHARACTERS)) {
                warnings.add(text);
            }
        }
    }

    /** The first warnings. */
    List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** What was said of those who were too slow, since the last call. */
    List<String> takeLate() {
        var taken = new ArrayList<String>();
        for (var text = late.poll(); text != null; text = late.poll()) {
            taken.add(text);
        }
        return taken;
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
