/**
 * Host memory: anonymous memory files and mappings, which the kernel uses for guest memory, clones and snapshots.
 *
 * <p>A mapping's {@link java.lang.foreign.MemorySegment} belongs to a shared arena that dies with the mapping: an access
 * after {@code close} throws, it never touches what the host put at that address since.
 */
@Export
@Version("1.1.0")
@NullMarked
package dev.backplane.natives.memory;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
