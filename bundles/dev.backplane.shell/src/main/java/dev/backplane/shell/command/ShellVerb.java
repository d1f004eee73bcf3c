package dev.backplane.shell.command;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.service.component.annotations.ComponentPropertyType;

/** The words by which a {@link ShellCommand} is called: service properties {@code shell.noun} and {@code shell.verb}. */
@ComponentPropertyType
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface ShellVerb {
    /** Before each property's name. */
    String PREFIX_ = "shell.";

    /**
     * What it is about.
     *
     * @return the first word, for instance {@code vm}
     */
    String noun();

    /**
     * What it does with that.
     *
     * @return the second word, for instance {@code pause}; empty for a noun that is a command by itself
     */
    String verb() default "";
}
