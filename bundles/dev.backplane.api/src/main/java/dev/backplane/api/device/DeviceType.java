package dev.backplane.api.device;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.annotation.bundle.Capability;
import org.osgi.service.component.annotations.ComponentPropertyType;

/**
 * Declares the type that a {@link DeviceFactory} component offers. It becomes the service property {@code device.type} and
 * the manifest capability {@code backplane.device}, so that the resolver knows what a bundle offers without loading it.
 */
@ComponentPropertyType
@Capability(namespace = DeviceType.NAMESPACE, attribute = "type=${#value}")
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface DeviceType {
    /** The capability's namespace. */
    String NAMESPACE = "backplane.device";

    /**
     * The name by which a VM file asks for the device.
     *
     * @return lower case with hyphens, for instance {@code serial-16550}
     */
    String value();
}
