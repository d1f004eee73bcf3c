package dev.backplane.api.console;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.annotation.bundle.Capability;
import org.osgi.service.component.annotations.ComponentPropertyType;

/**
 * Declares the type that a {@link ConsoleBackend} component offers: service property {@code console.type}, manifest
 * capability {@code backplane.console}.
 */
@ComponentPropertyType
@Capability(namespace = ConsoleType.NAMESPACE, attribute = "type=${#value}")
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface ConsoleType {
    /** The capability's namespace. */
    String NAMESPACE = "backplane.console";

    /**
     * The name by which a VM file asks for it.
     *
     * @return lower case with hyphens, for instance {@code stdio}
     */
    String value();
}
