/** The panic notifier (pvpanic). */
@NullMarked
package dev.backplane.device.pvpanic.internal;

import org.jspecify.annotations.NullMarked;
