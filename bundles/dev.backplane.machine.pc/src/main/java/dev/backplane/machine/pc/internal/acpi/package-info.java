/**
 * The firmware tables by which a guest finds the board's hardware (ACPI 6.5). Pure functions from what is attached to bytes;
 * nothing here runs while the guest does.
 */
@NullMarked
package dev.backplane.machine.pc.internal.acpi;

import org.jspecify.annotations.NullMarked;
