/** The command line: one class per subcommand, and the component that runs the one that was typed. */
@NullMarked
package dev.backplane.shell.internal.cli;

import org.jspecify.annotations.NullMarked;
