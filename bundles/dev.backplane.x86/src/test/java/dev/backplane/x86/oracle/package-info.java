/**
 * The interpreter against the host's processor: a process of its own runs every opcode form natively from random states,
 * faults included, and what it leaves behind is compared with what the interpreter makes of the same state.
 */
@NullMarked
package dev.backplane.x86.oracle;

import org.jspecify.annotations.NullMarked;
