/** The host's network by way of a tap. */
@NullMarked
package dev.backplane.network.tap.internal;

import org.jspecify.annotations.NullMarked;
