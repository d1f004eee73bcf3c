/** A network by way of the host's sockets (user). */
@NullMarked
package dev.backplane.network.user.internal;

import org.jspecify.annotations.NullMarked;
