/** A learning switch between the machines of one process. */
@NullMarked
package dev.backplane.network.vswitch.internal;

import org.jspecify.annotations.NullMarked;
