/** A port whose write ends the virtual machine (debug-exit). */
@NullMarked
package dev.backplane.device.debugexit.internal;

import org.jspecify.annotations.NullMarked;
