/**
 * Makes an ext4 file system from nothing, as the kernel's Documentation/filesystems/ext4 gives it: blocks of 4 KiB, extents, an empty
 * journal, backups of the superblock, no checksums. It is written once and never read here.
 */
@NullMarked
package dev.backplane.guest.internal.ext4;

import org.jspecify.annotations.NullMarked;
