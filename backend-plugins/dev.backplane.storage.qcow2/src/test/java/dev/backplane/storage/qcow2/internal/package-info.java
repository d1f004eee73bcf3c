/** Disk images of QEMU, with its own tools as judges. */
@NullMarked
package dev.backplane.storage.qcow2.internal;

import org.jspecify.annotations.NullMarked;
