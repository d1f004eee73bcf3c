/**
 * Guest RAM, page walk, translation look-aside buffer and the accesses that go through it.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.x86.mmu;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
