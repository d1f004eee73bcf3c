/** The host kernel's and libc's interfaces. */
@NullMarked
package dev.backplane.natives;

import org.jspecify.annotations.NullMarked;
