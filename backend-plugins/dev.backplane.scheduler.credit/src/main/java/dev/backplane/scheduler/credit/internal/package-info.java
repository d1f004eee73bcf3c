/** Xen's credit model. */
@NullMarked
package dev.backplane.scheduler.credit.internal;

import org.jspecify.annotations.NullMarked;
