/**
 * A server of gdb's remote protocol for a machine.
 *
 * <p>{@link dev.backplane.gdb.GdbServer GdbServer} is a service that the commands of the shell bundle use; it knows machines by
 * {@link dev.backplane.api.debug.VmDebugger VmDebugger} only. Its calls may come from any thread.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.gdb;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
