/** Keyboard controller, as far as reset needs it (i8042-reset). */
@NullMarked
package dev.backplane.device.i8042.internal;

import org.jspecify.annotations.NullMarked;
