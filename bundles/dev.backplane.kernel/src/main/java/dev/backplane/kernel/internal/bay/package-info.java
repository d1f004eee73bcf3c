/** Bays, what they own, and the contexts through which parts see the world. */
@NullMarked
package dev.backplane.kernel.internal.bay;

import org.jspecify.annotations.NullMarked;
