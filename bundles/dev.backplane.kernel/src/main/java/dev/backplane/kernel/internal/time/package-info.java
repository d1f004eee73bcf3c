/** The guest's clock and its timers. */
@NullMarked
package dev.backplane.kernel.internal.time;

import org.jspecify.annotations.NullMarked;
