/** Backplane's own shell: who types, line by line, and how a line finds its command. */
@NullMarked
package dev.backplane.shell.internal.gogo;

import org.jspecify.annotations.NullMarked;
