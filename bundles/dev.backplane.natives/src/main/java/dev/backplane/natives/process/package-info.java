/**
 * This process: its owner, its threads, what they have used of the processors, and on which they may run.
 */
@Export
@Version("1.1.0")
@NullMarked
package dev.backplane.natives.process;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
