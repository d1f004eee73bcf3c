/**
 * Unpacks the kernel inside a bzImage on the host, which is some hundred million guest instructions faster than letting it
 * unpack itself. Bounded by what the image declares and by what its packed size makes believable.
 */
@NullMarked
package dev.backplane.machine.pc.internal.boot.payload;

import org.jspecify.annotations.NullMarked;
