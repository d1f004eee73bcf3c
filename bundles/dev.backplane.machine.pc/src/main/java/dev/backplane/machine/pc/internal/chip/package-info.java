/**
 * The chips of the board: interrupt controllers, timer, power management, reset.
 *
 * <p>Each chip is a model of its data sheet without threads and without time of its own: it is told what time it is. {@link
 * dev.backplane.machine.pc.internal.chip.Interrupts Interrupts} is where threads meet: its monitor guards all chips, and
 * the CPU engine is told about changes after the monitor is left, because a plugin is never called with a lock held.
 */
@NullMarked
package dev.backplane.machine.pc.internal.chip;

import org.jspecify.annotations.NullMarked;
