/** 16550 serial port (serial-16550). */
@NullMarked
package dev.backplane.device.serial.internal;

import org.jspecify.annotations.NullMarked;
