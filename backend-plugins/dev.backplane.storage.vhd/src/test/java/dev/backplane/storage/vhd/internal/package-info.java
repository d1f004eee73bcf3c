/** Disk images of Virtual PC and Hyper-V, with QEMU's tools as judges. */
@NullMarked
package dev.backplane.storage.vhd.internal;

import org.jspecify.annotations.NullMarked;
