package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.jspecify.annotations.Nullable;

/** Turns what a part threw into text at once: a kept exception would keep the plugin's classes. */
final class Rendered {
    private static final System.Logger LOG = System.getLogger(Rendered.class.getName());

    private Rendered() {}

    /** One line: the message where it was written for people, else what was thrown and where. The stack goes to the log. */
    static String line(Throwable thrown) {
        if (thrown instanceof ConfigurationException || thrown instanceof StateException) {
            return String.valueOf(thrown.getMessage());
        }
        if (LOG.isLoggable(System.Logger.Level.DEBUG)) {
            LOG.log(System.Logger.Level.DEBUG, stack(thrown));
        }
        StackTraceElement[] stack = thrown.getStackTrace();
        String where = stack.length == 0 ? "" : " (at " + stack[0] + ")";
        return thrown + where;
    }

    /** A reason with its cause. */
    static String line(String reason, @Nullable Throwable cause) {
        return cause == null ? reason : reason + ": " + line(cause);
    }

    private static String stack(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
