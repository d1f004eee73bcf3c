package dev.backplane.api.cpu;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.annotation.bundle.Capability;
import org.osgi.service.component.annotations.ComponentPropertyType;

/**
 * Declares the type that a {@link CpuBackend} component offers: service property {@code cpu.type}, manifest capability {@code backplane.cpu}.
 */
@ComponentPropertyType
@Capability(namespace = CpuType.NAMESPACE, attribute = "type=${#value}")
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface CpuType {
    /** The capability's namespace. */
    String NAMESPACE = "backplane.cpu";

    /**
     * The name by which a VM file asks for it.
     *
     * @return lower case with hyphens, for instance {@code soft}
     */
    String value();
}
