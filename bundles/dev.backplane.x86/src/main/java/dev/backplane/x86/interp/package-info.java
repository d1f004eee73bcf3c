/**
 * The interpreter: blocks of pre-decoded operations and the engine that runs them.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.x86.interp;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
