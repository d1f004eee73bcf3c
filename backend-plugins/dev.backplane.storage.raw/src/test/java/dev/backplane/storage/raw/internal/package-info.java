/** Disks as they are (raw). */
@NullMarked
package dev.backplane.storage.raw.internal;

import org.jspecify.annotations.NullMarked;
