/** Console on a socket (socket). */
@NullMarked
package dev.backplane.console.socket.internal;

import org.jspecify.annotations.NullMarked;
