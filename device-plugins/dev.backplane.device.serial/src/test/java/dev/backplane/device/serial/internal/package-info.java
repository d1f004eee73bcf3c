/** The serial port, driven register by register. Sections are those of the PC16550D data sheet. */
@NullMarked
package dev.backplane.device.serial.internal;

import org.jspecify.annotations.NullMarked;
