/**
 * A bootable Linux guest made from Debian packages, and what comes back out of it.
 *
 * <p>A {@link dev.backplane.guest.GuestMaker} fetches a kernel and busybox, makes an initramfs of them, and for who wants
 * one a disk with a root file system, and keeps them in a cache folder; {@link dev.backplane.guest.GuestArguments} is what
 * that guest understands on its kernel command line; {@link dev.backplane.guest.RecordReader} decodes what a command in the
 * guest sends over the second serial port. The kernel implements nothing of this and knows nothing of it: the commands of
 * the shell bundle are its user. All calls block and may come from any thread.
 */
@Export
@Version("1.3.0")
@NullMarked
package dev.backplane.guest;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
