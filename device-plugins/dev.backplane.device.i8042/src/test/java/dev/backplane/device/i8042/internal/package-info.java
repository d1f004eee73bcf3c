/** The keyboard controller. */
@NullMarked
package dev.backplane.device.i8042.internal;

import org.jspecify.annotations.NullMarked;
