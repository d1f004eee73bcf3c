/** Host machine code: the assembler with the forms that are emitted, and the verifier that allows no others. */
@NullMarked
package dev.backplane.cpu.bt.internal.emit;

import org.jspecify.annotations.NullMarked;
