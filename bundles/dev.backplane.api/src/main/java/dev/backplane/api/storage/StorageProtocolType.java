package dev.backplane.api.storage;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.annotation.bundle.Capability;
import org.osgi.service.component.annotations.ComponentPropertyType;

/**
 * Declares the type that a {@link StorageProtocol} component offers: service property {@code storage.protocol.type}, manifest
 * capability {@code backplane.protocol}.
 */
@ComponentPropertyType
@Capability(namespace = StorageProtocolType.NAMESPACE, attribute = "type=${#value}")
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface StorageProtocolType {
    /** The capability's namespace. */
    String NAMESPACE = "backplane.protocol";

    /**
     * The name by which a VM file asks for it.
     *
     * @return lower case with hyphens, for instance {@code file}
     */
    String value();
}
