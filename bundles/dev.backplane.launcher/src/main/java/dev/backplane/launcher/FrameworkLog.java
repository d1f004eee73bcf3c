package dev.backplane.launcher;

import org.apache.felix.framework.Logger;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceReference;

/** Takes what the framework has to say to the log; its own logger prints to standard output, which belongs to the command. */
final class FrameworkLog extends Logger {
    @Override
    @SuppressWarnings("rawtypes") // as the method that is overridden
    protected void doLog(
            @Nullable Bundle bundle,
            @Nullable ServiceReference reference,
            int level,
            String message,
            @Nullable Throwable failure) {
        var text = bundle == null ? message : bundle.getSymbolicName() + ": " + message;
        System.getLogger("org.apache.felix.framework")
                .log(
                        switch (level) {
                            case LOG_ERROR -> System.Logger.Level.ERROR;
                            case LOG_WARNING -> System.Logger.Level.WARNING;
                            case LOG_INFO -> System.Logger.Level.INFO;
                            default -> System.Logger.Level.DEBUG;
                        },
                        text,
                        failure);
    }
}
