/**
 * MMX and SSE operations for the interpreter.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.x86.simd;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
