package dev.backplane.api.part;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Opens a host resource for {@link PartContext#resource}.
 *
 * @param <R> the resource's type
 */
@ConsumerType
@FunctionalInterface
public interface ResourceOpener<R> {
    /**
     * Opens it. May block.
     *
     * @return the open resource
     * @throws Exception when it cannot be opened
     */
    R open() throws Exception;
}
