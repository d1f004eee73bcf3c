/**
 * The host's own processor as the reference for tests of the software CPU: one user-mode instruction runs natively from
 * a chosen register state. Only for tests; available on x86-64 Linux hosts.
 */
@NullMarked
package dev.backplane.x86.oracle;

import org.jspecify.annotations.NullMarked;
