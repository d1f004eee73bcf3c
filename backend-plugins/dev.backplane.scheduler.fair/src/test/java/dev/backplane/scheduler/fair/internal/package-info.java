@NullMarked
package dev.backplane.scheduler.fair.internal;

import org.jspecify.annotations.NullMarked;
