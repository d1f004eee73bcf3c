package dev.backplane.guest;

import java.nio.file.Path;

/**
 * A guest with its root file system on a disk.
 *
 * @param guest its kernel, and an initramfs that loads what the disk and the network need and goes on from the disk that {@link
 *     GuestArguments#on} names
 * @param disk a qcow2 image that nobody may write
 */
public record DiskGuest(Guest guest, Path disk) {}
