/** A world for the board to live in: memory, a clock that the test turns, an engine that notes what it gets. */
@NullMarked
package dev.backplane.machine.pc.internal.fake;

import org.jspecify.annotations.NullMarked;
