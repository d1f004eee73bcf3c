/** Encrypted disks, with QEMU's tools as judges. */
@NullMarked
package dev.backplane.storage.luks.internal;

import org.jspecify.annotations.NullMarked;
