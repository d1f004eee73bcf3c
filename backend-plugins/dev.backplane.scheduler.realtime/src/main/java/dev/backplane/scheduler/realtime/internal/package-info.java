/** Earliest deadline first, with admission. */
@NullMarked
package dev.backplane.scheduler.realtime.internal;

import org.jspecify.annotations.NullMarked;
