@NullMarked
package dev.backplane.scheduler.host.internal;

import org.jspecify.annotations.NullMarked;
