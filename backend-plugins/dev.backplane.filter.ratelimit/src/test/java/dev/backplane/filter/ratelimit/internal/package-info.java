/** Limits on how fast a disk is used (rate-limit). */
@NullMarked
package dev.backplane.filter.ratelimit.internal;

import org.jspecify.annotations.NullMarked;
