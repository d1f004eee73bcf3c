/**
 * How a bundle adds a subcommand to the command line, and a command to Backplane's shell.
 *
 * <p>A {@link dev.backplane.shell.command.Subcommand Subcommand} is a service. Its command is made
 * only where none of the shell's own was typed, on the command's thread. With {@link dev.backplane.shell.command.CommandParent
 * CommandParent} it stands below a command of another bundle. One that works without machines may take the command line itself, so that the
 * shell need not be started for it: {@link dev.backplane.shell.command.CommandLineRun CommandLineRun}.
 *
 * <p>A {@link dev.backplane.shell.command.ShellCommand ShellCommand} is a service of prototype scope: one instance carries out one line
 * that somebody typed, and gives an {@link dev.backplane.shell.command.Answer Answer}.
 */
@Export
@Version("1.3.0")
@NullMarked
package dev.backplane.shell.command;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
