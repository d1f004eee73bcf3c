package dev.backplane.api.memory;

import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A range of guest memory on loan. Close it as soon as the access is over, on any thread, once.
 *
 * <p>Closing a write lease marks its pages dirty and drops code translated from them; do it <em>before</em> completion is
 * signalled to the guest. The guest may change the bytes at any moment: read shared data once into locals, check the
 * locals, use the locals.
 */
@ProviderType
public interface Lease extends AutoCloseable {
    /**
     * The bytes. Bounded to the range that was asked for; unusable once the lease is closed or the part is gone.
     *
     * @return the segment, in host byte order layouts as the caller chooses them
     */
    MemorySegment segment();

    /** Ends the access. Never throws. */
    @Override
    void close();
}
