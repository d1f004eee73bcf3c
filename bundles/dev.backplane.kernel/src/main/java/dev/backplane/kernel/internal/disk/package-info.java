/** Disks outside of machines, for tools and servers: layers are wired as in a machine, and called without bays. */
@NullMarked
package dev.backplane.kernel.internal.disk;

import org.jspecify.annotations.NullMarked;
