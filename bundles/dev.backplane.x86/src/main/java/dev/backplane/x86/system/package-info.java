/**
 * What the system-programming half of the manual describes: segments, exception and interrupt delivery, far transfers,
 * control registers, MSRs, CPUID.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.x86.system;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
