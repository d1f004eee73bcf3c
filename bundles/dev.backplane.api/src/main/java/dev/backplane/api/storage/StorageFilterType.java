package dev.backplane.api.storage;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.annotation.bundle.Capability;
import org.osgi.service.component.annotations.ComponentPropertyType;

/**
 * Declares the type that a {@link StorageFilter} component offers: service property {@code storage.filter.type}, manifest
 * capability {@code backplane.filter}.
 */
@ComponentPropertyType
@Capability(namespace = StorageFilterType.NAMESPACE, attribute = "type=${#value}")
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface StorageFilterType {
    /** The capability's namespace. */
    String NAMESPACE = "backplane.filter";

    /**
     * The name by which a VM file asks for it.
     *
     * @return lower case with hyphens, for instance {@code rate-limit}
     */
    String value();
}
