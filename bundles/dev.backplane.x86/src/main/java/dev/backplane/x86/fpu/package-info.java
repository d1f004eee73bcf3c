/**
 * The x87 floating-point unit of the software CPUs: 80-bit arithmetic with all its exceptions, the register stack that
 * MMX shares, the memory images that operating systems save and restore, and its operations for the interpreter. {@link
 * dev.backplane.x86.fpu.Fpu} is one virtual CPU's unit; only its thread touches it.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.x86.fpu;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
