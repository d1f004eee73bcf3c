/** Starts the framework from the command line. */
@NullMarked
package dev.backplane.launcher;

import org.jspecify.annotations.NullMarked;
