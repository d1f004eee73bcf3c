/**
 * Where a character stream goes: a terminal, a file, a socket.
 *
 * <p>A device writes and reads bytes through {@link dev.backplane.api.console.Console Console}, which never blocks; a
 * vendor of a far end implements {@link dev.backplane.api.console.ConsoleBackend ConsoleBackend}. Between the two sits
 * a bay, so that either side can be replaced while the other stays.
 */
@Export
@Version("1.3.0")
@NullMarked
package dev.backplane.api.console;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
