/**
 * Where things lie: the memory map, the port bus and the memory bus.
 *
 * <p>Windows are claimed on kernel threads and looked up on vCPU threads, without a lock and without an allocation.
 */
@NullMarked
package dev.backplane.machine.pc.internal.bus;

import org.jspecify.annotations.NullMarked;
