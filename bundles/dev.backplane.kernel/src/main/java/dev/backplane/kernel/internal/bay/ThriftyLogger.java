package dev.backplane.kernel.internal.bay;

import java.text.MessageFormat;
import java.util.ResourceBundle;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A logger for what a guest may cause as often as it likes: a few lines at once, one a second in the long run, and how many
 * were left out. A line that is left out is not even put together. Any thread.
 */
public final class ThriftyLogger implements System.Logger {
    private static final int AT_ONCE = 50;
    private static final long ONE_MORE_NANOS = 1_000_000_000;

    private final System.Logger target;
    private final String prefix;
    private int left = AT_ONCE;
    private long filledAt = System.nanoTime();
    private long leftOut;

    /**
     * A logger. Machines come and go, and no logger that has a name does: so theirs is in the lines.
     *
     * @param name its name, one of few
     * @param who of what the lines are, for instance {@code web1/com1}
     */
    public ThriftyLogger(String name, String who) {
        this(System.getLogger(name), who);
    }

    ThriftyLogger(System.Logger target, String who) {
        this.target = target;
        prefix = who + ": ";
    }

    @Override
    public String getName() {
        return target.getName();
    }

    @Override
    public boolean isLoggable(Level level) {
        return target.isLoggable(level);
    }

    /** Whether a line of a level that is logged may be written now. */
    private boolean may(Level level) {
        if (!target.isLoggable(level)) {
            return false;
        }
        long missing;
        synchronized (this) {
            long more = (System.nanoTime() - filledAt) / ONE_MORE_NANOS;
            filledAt += more * ONE_MORE_NANOS;
            left = (int) Math.min(AT_ONCE, left + more);
            if (left == 0) {
                leftOut++;
                return false;
            }
            left--;
            missing = leftOut;
            leftOut = 0;
        }
        if (missing > 0) {
            target.log(Level.INFO, prefix + missing + " more lines were left out");
        }
        return true;
    }

    @Override
    public void log(Level level, Object value) {
        if (may(level)) {
            target.log(level, prefix + value);
        }
    }

    @Override
    public void log(Level level, Supplier<String> message) {
        if (may(level)) {
            target.log(level, prefix + message.get());
        }
    }

    @Override
    public void log(Level level, Supplier<String> message, Throwable thrown) {
        if (may(level)) {
            target.log(level, prefix + message.get(), thrown);
        }
    }

    @Override
    public void log(
            Level level, @Nullable ResourceBundle bundle, @Nullable String message, @Nullable Throwable thrown) {
        if (may(level)) {
            target.log(level, bundle, prefix + message, thrown);
        }
    }

    @Override
    public void log(
            Level level,
            @Nullable ResourceBundle bundle,
            @Nullable String format,
            @Nullable Object @Nullable ... values) {
        if (may(level)) {
            boolean plain = format == null || values == null || values.length == 0;
            String text = plain ? format : MessageFormat.format(format, values);
            target.log(level, bundle, prefix + text, (Throwable) null);
        }
    }
}
