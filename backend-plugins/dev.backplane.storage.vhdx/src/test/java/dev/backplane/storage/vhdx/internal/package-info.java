/** Disk images of Hyper-V, with QEMU's tools as judges. */
@NullMarked
package dev.backplane.storage.vhdx.internal;

import org.jspecify.annotations.NullMarked;
