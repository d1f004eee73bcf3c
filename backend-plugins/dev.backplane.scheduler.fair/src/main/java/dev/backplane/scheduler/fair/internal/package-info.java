/** Proportional share: each machine gets processor time in proportion to its weight. */
@NullMarked
package dev.backplane.scheduler.fair.internal;

import org.jspecify.annotations.NullMarked;
