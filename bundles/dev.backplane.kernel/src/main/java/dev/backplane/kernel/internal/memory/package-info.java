/** Guest memory: its backing, leases on it, the dirty bitmap. */
@NullMarked
package dev.backplane.kernel.internal.memory;

import org.jspecify.annotations.NullMarked;
