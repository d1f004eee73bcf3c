package dev.backplane.shell.internal;

import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A time on a command line: whole seconds. */
public final class Seconds implements ITypeConverter<Duration> {
    /** For picocli. */
    public Seconds() {}

    @Override
    public Duration convert(String typed) {
        if (!typed.matches("[0-9]{1,6}")) {
            throw new TypeConversionException(typed + ": a number of seconds was expected, 0 to 999999");
        }
        return Duration.ofSeconds(Long.parseLong(typed));
    }
}
