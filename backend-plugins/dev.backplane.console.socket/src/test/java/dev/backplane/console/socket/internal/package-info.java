/** The socket console. */
@NullMarked
package dev.backplane.console.socket.internal;

import org.jspecify.annotations.NullMarked;
