/** Frames over a socket, as {@code -netdev stream} of QEMU sends them. */
@NullMarked
package dev.backplane.network.stream.internal;

import org.jspecify.annotations.NullMarked;
