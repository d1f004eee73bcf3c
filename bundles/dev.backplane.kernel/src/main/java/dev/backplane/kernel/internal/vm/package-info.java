/** Machines: wiring, virtual CPUs, life cycle. */
@NullMarked
package dev.backplane.kernel.internal.vm;

import org.jspecify.annotations.NullMarked;
