/**
 * The terminal that the process was started on, and byte streams over descriptors that can be woken while they wait.
 *
 * <p>Used by the shell and by whoever lends the terminal to a console.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.natives.terminal;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
