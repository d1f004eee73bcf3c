/** The host's side of translated code: memory that is executed, calls of the C library, and whether all of it works here. */
@NullMarked
package dev.backplane.cpu.bt.internal.host;

import org.jspecify.annotations.NullMarked;
