/** Backplane's own shell: the session on the terminal, and one component per command. */
@NullMarked
package dev.backplane.shell.internal.gogo;

import org.jspecify.annotations.NullMarked;
