package dev.backplane.kernel.internal.bay;

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
    private int left = AT_ONCE;
    private long filledAt = System.nanoTime();
    private long leftOut;

    /**
     * A logger.
     *
     * @param name its name
     */
    public ThriftyLogger(String name) {
        this(System.getLogger(name));
    }

    ThriftyLogger(System.Logger target) {
        this.target = target;
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
            target.log(Level.INFO, "{0} more lines were left out", missing);
        }
        return true;
    }

    @Override
    public void log(Level level, Object obj) {
        if (may(level)) {
            target.log(level, obj);
        }
    }

    @Override
    public void log(Level level, Supplier<String> message) {
        if (may(level)) {
            target.log(level, message);
        }
    }

    @Override
    public void log(Level level, Supplier<String> message, Throwable thrown) {
        if (may(level)) {
            target.log(level, message, thrown);
        }
    }

    @Override
    public void log(
            Level level, @Nullable ResourceBundle bundle, @Nullable String message, @Nullable Throwable thrown) {
        if (may(level)) {
            target.log(level, bundle, message, thrown);
        }
    }

    @Override
    public void log(
            Level level,
            @Nullable ResourceBundle bundle,
            @Nullable String format,
            @Nullable Object @Nullable ... values) {
        if (may(level)) {
            target.log(level, bundle, format, values);
        }
    }
}
