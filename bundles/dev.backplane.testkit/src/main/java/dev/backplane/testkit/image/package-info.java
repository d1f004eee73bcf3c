/**
 * Contracts of formats of disk images, with judges: {@link dev.backplane.testkit.image.JudgedContract JudgedContract} has QEMU's tools read what
 * a format writes and the other way round, {@link dev.backplane.testkit.image.PowerCutContract PowerCutContract} cuts the power at any
 * moment, {@link dev.backplane.testkit.image.HostileImage HostileImage} opens what is damaged on purpose. Tests without QEMU's tools are
 * skipped, and say so. Random tests print their seed; {@code -Dbackplane.seed} repeats one.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.testkit.image;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
