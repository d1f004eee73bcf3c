/** Disk images of Parallels Desktop, with QEMU's tools as judges. */
@NullMarked
package dev.backplane.storage.parallels.internal;

import org.jspecify.annotations.NullMarked;
