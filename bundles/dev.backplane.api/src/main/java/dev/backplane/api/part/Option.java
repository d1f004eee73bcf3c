package dev.backplane.api.part;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Describes one component of an options record, for the binder, the error messages and the reference pages.
 *
 * <p>A component's key in the VM file is its name. Its type is one of {@code boolean}, {@code int}, {@code long},
 * {@code String}, an enum (written in lower case with hyphens), {@link java.nio.file.Path} (relative to the VM file),
 * {@link java.time.Duration} ({@code 500ms}, {@code 2s}), a reference such as {@link
 * dev.backplane.api.console.ConsoleRef}, a nested record, a {@code List} or an {@code Optional} of these. A component
 * that is neither optional nor has a default must be given.
 *
 * <pre>{@code
 * record ClockOptions(
 *         @Option(value = "First port of the two registers.", byDefault = "0x70", max = 0xfffe) int port) {}
 * }</pre>
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Option {
    /**
     * One or two sentences for the reference page.
     *
     * @return the description
     */
    String value();

    /**
     * The default, written as in a VM file; empty for none.
     *
     * @return the default's text
     */
    String byDefault() default "";

    /**
     * The smallest number allowed.
     *
     * @return the bound, inclusive
     */
    long min() default 0;

    /**
     * The largest number allowed.
     *
     * @return the bound, inclusive
     */
    long max() default Long.MAX_VALUE;

    /**
     * The unit of a number.
     *
     * @return the unit
     */
    Unit unit() default Unit.NONE;

    /** Units of numbers. */
    enum Unit {
        /** A plain number, decimal or with {@code 0x}. */
        NONE,
        /** Bytes: plain or with KiB, MiB, GiB, TiB. */
        BYTES,
        /** Per cent, whole: {@code 50%}, or plain. */
        PERCENT
    }
}
