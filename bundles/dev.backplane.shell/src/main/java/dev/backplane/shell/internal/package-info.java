/** Commands for the command line and the console. */
@NullMarked
package dev.backplane.shell.internal;

import org.jspecify.annotations.NullMarked;
