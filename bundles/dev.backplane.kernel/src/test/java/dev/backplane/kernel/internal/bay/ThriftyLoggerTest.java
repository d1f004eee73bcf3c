package dev.backplane.kernel.internal.bay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ThriftyLoggerTest {
    private final List<String> lines = new ArrayList<>();
    private final System.Logger logger = new ThriftyLogger(new Recorder(), "web/com1");

    private final class Recorder implements System.Logger {
        @Override
        public String getName() {
            return "recorder";
        }

        @Override
        public boolean isLoggable(Level level) {
            return level.getSeverity() >= Level.INFO.getSeverity();
        }

        @Override
        public void log(
                Level level, @Nullable ResourceBundle bundle, @Nullable String message, @Nullable Throwable thrown) {
            lines.add(level + " " + message);
        }

        @Override
        public void log(
                Level level,
                @Nullable ResourceBundle bundle,
                @Nullable String format,
                @Nullable Object @Nullable ... values) {
            lines.add(level + " " + format);
        }
    }

    @Test
    void aFewLinesComeThroughByEveryWay() {
        logger.log(Level.INFO, "text");
        logger.log(Level.INFO, () -> "made");
        logger.log(Level.WARNING, "{0}", 1);
        logger.log(Level.ERROR, "why", new IllegalStateException());
        logger.log(Level.DEBUG, "not logged");
        assertEquals(
                List.of("INFO web/com1: text", "INFO web/com1: made", "WARNING web/com1: 1", "ERROR web/com1: why"),
                lines);
    }

    @Test
    void ofAFloodAFewLinesAreWrittenAndTheOthersAreNotEvenPutTogether() {
        var made = new AtomicInteger();
        for (int n = 0; n < 100_000; n++) {
            logger.log(Level.INFO, () -> "line " + made.incrementAndGet());
        }
        // One a second more, on a host that is slow.
        assertTrue(made.get() >= 50 && made.get() < 100, made + " lines");
        assertTrue(lines.size() <= 2 * made.get(), lines.size() + " lines");
    }
}
