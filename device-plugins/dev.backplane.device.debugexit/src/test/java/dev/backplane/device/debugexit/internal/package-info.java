/** The debug exit port. */
@NullMarked
package dev.backplane.device.debugexit.internal;

import org.jspecify.annotations.NullMarked;
