/**
 * What reaches a guest on virtual time from outside: taken as it comes, recorded with the instruction at which it came, or
 * replayed from a recording, and compared by hashes of the machine's state.
 */
@NullMarked
package dev.backplane.kernel.internal.journal;

import org.jspecify.annotations.NullMarked;
