/**
 * Network interfaces whose other side is this process (tun(4)): what the host's stack, its bridges and its routes send there is read as
 * Ethernet frames, and the other way round.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.natives.network;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
