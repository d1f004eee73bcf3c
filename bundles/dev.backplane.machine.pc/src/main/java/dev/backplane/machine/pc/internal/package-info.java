/** The board pc-1. */
@NullMarked
package dev.backplane.machine.pc.internal;

import org.jspecify.annotations.NullMarked;
