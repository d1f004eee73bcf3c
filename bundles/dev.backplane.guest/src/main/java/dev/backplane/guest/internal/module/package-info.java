/** Modules of a Linux kernel: what they say of themselves, and in which order they are loaded. */
@NullMarked
package dev.backplane.guest.internal.module;

import org.jspecify.annotations.NullMarked;
