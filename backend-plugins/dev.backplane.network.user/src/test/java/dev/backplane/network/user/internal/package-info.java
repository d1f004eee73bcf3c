/** The user network. */
@NullMarked
package dev.backplane.network.user.internal;

import org.jspecify.annotations.NullMarked;
