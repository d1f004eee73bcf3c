/**
 * The contract of CPU backends: {@link dev.backplane.testkit.cpu.CpuContract} is inherited by a backend's test class and drives
 * machines through {@link dev.backplane.testkit.cpu.CpuBench}, which stands in for kernel and board: RAM, a thread for each vCPU, a
 * clock that goes, a board that records. {@link dev.backplane.testkit.cpu.CpuBench#move} takes a machine from one backend to another.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.testkit.cpu;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
