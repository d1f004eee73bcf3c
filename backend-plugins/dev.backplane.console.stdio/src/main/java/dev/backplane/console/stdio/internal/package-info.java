/** Console on this terminal (stdio). */
@NullMarked
package dev.backplane.console.stdio.internal;

import org.jspecify.annotations.NullMarked;
