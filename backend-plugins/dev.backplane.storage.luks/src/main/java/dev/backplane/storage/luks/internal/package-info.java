/** Encrypted disks (LUKS 1). */
@NullMarked
package dev.backplane.storage.luks.internal;

import org.jspecify.annotations.NullMarked;
