/**
 * A server for network block devices (NBD). Whoever has a {@link dev.backplane.api.storage.Storage Storage} makes it an {@link
 * dev.backplane.nbd.NbdExport NbdExport} and starts an {@link dev.backplane.nbd.NbdServer NbdServer}, which has threads of its own.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.nbd;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
