/**
 * The board: buses, interrupt controllers, firmware tables and loaders of one kind of machine.
 *
 * <p>A {@link dev.backplane.api.machine.MachineModel MachineModel} is the one kind of plugin without a bay: the {@link
 * dev.backplane.api.machine.Board Board} it makes lives as long as the virtual machine. The kernel plugs the windows of
 * device bays into it and routes the exits of the vCPUs through it.
 */
@Export
@Version("1.6.0")
@NullMarked
package dev.backplane.api.machine;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
