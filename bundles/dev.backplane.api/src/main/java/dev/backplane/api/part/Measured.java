package dev.backplane.api.part;

import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;

/** A part that counts something which people may want to see. Implemented beside {@link Part}. */
@ConsumerType
public interface Measured {
    /**
     * What it has counted or found out. Called on any thread while the part is in its bay, seldom; does not block.
     *
     * @return by name, in lower case with hyphens; the caller keeps nothing of the plugin's classes
     */
    Map<String, Long> statistics();
}
