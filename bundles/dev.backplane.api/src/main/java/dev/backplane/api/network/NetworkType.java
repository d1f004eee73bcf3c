package dev.backplane.api.network;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.annotation.bundle.Capability;
import org.osgi.service.component.annotations.ComponentPropertyType;

/**
 * Declares the type that a {@link NetworkBackend} component offers: service property {@code network.type}, manifest
 * capability {@code backplane.network}.
 */
@ComponentPropertyType
@Capability(namespace = NetworkType.NAMESPACE, attribute = "type=${#value}")
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface NetworkType {
    /** The capability's namespace. */
    String NAMESPACE = "backplane.network";

    /**
     * The name by which a VM file asks for it.
     *
     * @return lower case with hyphens, for instance {@code user}
     */
    String value();
}
