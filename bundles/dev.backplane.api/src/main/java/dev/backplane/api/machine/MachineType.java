package dev.backplane.api.machine;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.annotation.bundle.Capability;
import org.osgi.service.component.annotations.ComponentPropertyType;

/**
 * Declares the type that a {@link MachineModel} component offers: service property {@code machine.type}, manifest capability {@code backplane.machine}.
 */
@ComponentPropertyType
@Capability(namespace = MachineType.NAMESPACE, attribute = "type=${#value}")
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface MachineType {
    /** The capability's namespace. */
    String NAMESPACE = "backplane.machine";

    /**
     * The name by which a VM file asks for it.
     *
     * @return lower case with hyphens, for instance {@code pc-1}
     */
    String value();
}
