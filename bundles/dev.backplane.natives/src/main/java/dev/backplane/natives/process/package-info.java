/**
 * This process: its owner, its threads and what they have used of the processors.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.natives.process;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
