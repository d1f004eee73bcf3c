/** What may be emitted. */
@NullMarked
package dev.backplane.cpu.bt.internal.emit;

import org.jspecify.annotations.NullMarked;
