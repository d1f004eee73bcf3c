/**
 * The NBD protocol (fixed newstyle, structured replies) as both ends of a connection speak it: its numbers, its messages, and the streams
 * that carry them. A server and a client use the same classes, so that there is one place that knows each layout.
 *
 * <p>Section names are those of the protocol's specification, {@code doc/proto.md} of the NetworkBlockDevice project. All numbers on the
 * wire are big-endian. What a message says is checked by whoever reads it: lengths before anything is allocated for them.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.nbd.wire;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
