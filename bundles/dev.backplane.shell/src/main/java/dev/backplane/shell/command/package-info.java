/**
 * How a bundle adds a subcommand to the command line.
 *
 * <p>A {@link dev.backplane.shell.command.Subcommand Subcommand} is a service. Its command is made
 * only where none of the shell's own was typed, on the command's thread. With {@link dev.backplane.shell.command.CommandParent
 * CommandParent} it stands below a command of another bundle.
 */
@Export
@Version("1.1.0")
@NullMarked
package dev.backplane.shell.command;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
