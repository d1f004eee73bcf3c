/** Disk images of VMware, with QEMU's tools as judges. */
@NullMarked
package dev.backplane.storage.vmdk.internal;

import org.jspecify.annotations.NullMarked;
