package dev.backplane.api.scheduler;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.annotation.bundle.Capability;
import org.osgi.service.component.annotations.ComponentPropertyType;

/**
 * Declares the type that a {@link SchedulerFactory} component offers: service property {@code scheduler.type}, manifest capability
 * {@code backplane.scheduler}.
 */
@ComponentPropertyType
@Capability(namespace = SchedulerType.NAMESPACE, attribute = "type=${#value}")
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface SchedulerType {
    /** The capability's namespace. */
    String NAMESPACE = "backplane.scheduler";

    /**
     * The name by which a VM file asks for it.
     *
     * @return lower case with hyphens, for instance {@code fair}
     */
    String value();
}
