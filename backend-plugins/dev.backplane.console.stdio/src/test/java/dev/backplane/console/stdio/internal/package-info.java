/** The terminal console, on a terminal that is made up. */
@NullMarked
package dev.backplane.console.stdio.internal;

import org.jspecify.annotations.NullMarked;
