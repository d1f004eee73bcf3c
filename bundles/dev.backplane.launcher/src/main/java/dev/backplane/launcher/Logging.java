package dev.backplane.launcher;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.status.NopStatusListener;

/**
 * Where log lines go: warnings to {@code backplane.log} in the user's state folder, or with {@code --debug} everything of
 * Backplane's own to standard error. Never to standard output, which belongs to the command. Logback finds this class as a service
 * when something logs for the first time; nothing is read or opened before that.
 */
public final class Logging extends ContextAwareBase implements Configurator {
    private static final String DEBUG_PROPERTY = "backplane.debug";
    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSS} "
            + ProcessHandle.current().pid() + " %-5level [%thread] %logger{36}: %msg%n";

    /** Called by {@link Main} before anything logs. */
    static void configure(boolean debug) {
        System.setProperty(DEBUG_PROPERTY, Boolean.toString(debug));
    }

    static boolean isDebug() {
        return Boolean.getBoolean(DEBUG_PROPERTY);
    }

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        context.getStatusManager().add(new NopStatusListener());
        var debug = isDebug();
        var appender = new OutputStreamAppender<ILoggingEvent>();
        var encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        appender.setContext(context);
        appender.setEncoder(encoder);
        appender.setOutputStream(
                debug ? System.err : new LogFile(StateFolder.path().resolve("backplane.log")));
        appender.start();

        var root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(debug ? Level.INFO : Level.WARN);
        root.addAppender(appender);
        if (debug) {
            context.getLogger("dev.backplane").setLevel(Level.DEBUG);
        }
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }
}
