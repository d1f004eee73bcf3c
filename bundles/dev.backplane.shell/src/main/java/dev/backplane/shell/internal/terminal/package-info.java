/**
 * The terminal that the process was started from, shared by the guests' consoles and Backplane's own shell.
 *
 * <p>{@link dev.backplane.shell.internal.terminal.TerminalSwitch TerminalSwitch} is the service; one thread reads the
 * keyboard while a stream is attached.
 */
@NullMarked
package dev.backplane.shell.internal.terminal;

import org.jspecify.annotations.NullMarked;
