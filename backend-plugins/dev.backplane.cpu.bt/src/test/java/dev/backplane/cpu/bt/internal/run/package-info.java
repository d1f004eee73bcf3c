/** Translated code against the processor and against the interpreter. */
@NullMarked
package dev.backplane.cpu.bt.internal.run;

import org.jspecify.annotations.NullMarked;
