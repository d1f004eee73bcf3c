/** Disk images of VirtualBox, with QEMU's tools as judges. */
@NullMarked
package dev.backplane.storage.vdi.internal;

import org.jspecify.annotations.NullMarked;
