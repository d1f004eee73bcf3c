package dev.backplane.shell.command;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.service.component.annotations.ComponentPropertyType;

/**
 * Puts a {@link Subcommand} below another bundle's command, which collects it: service property {@code command.parent}.
 *
 * <pre>{@code
 * @Component
 * @CommandParent("disk")
 * public final class Serve implements Subcommand { // backplane disk serve
 *     public Object make(CommandContext context) {
 *         return new ServeCommand(context);
 *     }
 * }
 * }</pre>
 */
@ComponentPropertyType
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface CommandParent {
    /**
     * The command below which it stands.
     *
     * @return its name, for instance {@code disk}
     */
    String value();
}
