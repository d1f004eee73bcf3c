/**
 * Disks that write into their image what they read from its backing disk (copy-on-read). {@code Ranges} keeps copies and the guest's own writes
 * apart, {@code Own} knows what need not be looked at any more.
 */
@NullMarked
package dev.backplane.filter.copyonread.internal;

import org.jspecify.annotations.NullMarked;
