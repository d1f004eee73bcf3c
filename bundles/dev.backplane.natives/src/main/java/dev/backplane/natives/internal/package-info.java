/** The services over the C library. {@code LibC} is the binding, {@code SystemCalls} turns its answers into errors. */
@NullMarked
package dev.backplane.natives.internal;

import org.jspecify.annotations.NullMarked;
