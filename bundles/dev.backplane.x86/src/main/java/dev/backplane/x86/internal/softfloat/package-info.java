/**
 * Exact binary floating point in integers: what the x87 unit and the slow path of the SSE unit have in common. Numbers
 * are unpacked (sign, exponent, 64-bit significand); what is special about NaNs, infinities and formats is decided by
 * the units themselves.
 */
@NullMarked
package dev.backplane.x86.internal.softfloat;

import org.jspecify.annotations.NullMarked;
