/**
 * Instructions as text, in Intel's syntax, for traces and reports: everything that the decoder knows, driven by its table.
 *
 * <p>Depends on {@code decode} only; allocates freely.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.x86.disasm;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
