/** What moves the bays of a machine: closing and opening in order, replacing a part. */
@NullMarked
package dev.backplane.kernel.internal.plan;

import org.jspecify.annotations.NullMarked;
