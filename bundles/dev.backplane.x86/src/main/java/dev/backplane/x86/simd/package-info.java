/**
 * MMX, SSE to SSE4.2, AES, PCLMULQDQ and SHA: the operations on packed data as functions of 64-bit halves, SSE's
 * floating point with MXCSR, and their operations for the interpreter.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.x86.simd;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
