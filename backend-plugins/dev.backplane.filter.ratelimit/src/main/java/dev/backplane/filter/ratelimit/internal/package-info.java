/**
 * Limits on how fast a disk is used (rate-limit). {@code Limits} has the token buckets, {@code Line} the requests that wait for them, in the
 * order in which they came.
 */
@NullMarked
package dev.backplane.filter.ratelimit.internal;

import org.jspecify.annotations.NullMarked;
