/**
 * LUKS 1 (LUKS On-Disk Format Specification 1.2.3), for formats whose disks are encrypted: as a whole image, or within another format, as QEMU
 * does in qcow2. {@link dev.backplane.image.luks.LuksHeader LuksHeader} is what stands in the image, {@link
 * dev.backplane.image.luks.Luks Luks} opens it with a passphrase and makes new ones, {@link dev.backplane.image.luks.EncryptedBytes
 * EncryptedBytes} reads and writes what is encrypted.
 *
 * <p>Headers are hostile: nothing is allocated and no loop is entered by a number of theirs that has not been bounded. AES, SHA and HMAC are
 * those of the Java runtime; XTS (IEEE 1619) stands on its AES. Keys are wiped when they are closed, as far as Java allows: copies that its
 * ciphers keep go with the garbage.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.image.luks;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
