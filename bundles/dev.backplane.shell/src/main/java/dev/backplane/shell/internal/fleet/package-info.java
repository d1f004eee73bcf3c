/** The machines that are defined in this process, and their definitions on disk where it serves them. */
@NullMarked
package dev.backplane.shell.internal.fleet;

import org.jspecify.annotations.NullMarked;
