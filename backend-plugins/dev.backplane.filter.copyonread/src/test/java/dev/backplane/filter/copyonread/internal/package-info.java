/** Disks that write into their image what they read from its backing disk (copy-on-read). */
@NullMarked
package dev.backplane.filter.copyonread.internal;

import org.jspecify.annotations.NullMarked;
