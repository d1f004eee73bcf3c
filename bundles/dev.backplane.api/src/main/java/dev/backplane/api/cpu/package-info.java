/**
 * The contract between a CPU backend and the kernel.
 *
 * <p>A {@link dev.backplane.api.cpu.CpuBackend CpuBackend} makes a {@link dev.backplane.api.cpu.Partition Partition},
 * which runs the {@link dev.backplane.api.cpu.Vcpu vCPUs} of one machine against its memory. The architectural state
 * ({@link dev.backplane.api.cpu.VcpuState VcpuState}) is the same record for every backend, so that a paused machine
 * can go on with another one. Each vCPU runs on one platform thread of the kernel.
 *
 * <p>What only some backends can do are interfaces beside these: {@link dev.backplane.api.cpu.CountedVcpu CountedVcpu}, {@link
 * dev.backplane.api.cpu.SelfWakingVcpu SelfWakingVcpu}, {@link dev.backplane.api.cpu.DoorbellPartition DoorbellPartition}, {@link dev.backplane.api.cpu.WiredPartition WiredPartition}.
 */
@Export
@Version("1.4.0")
@NullMarked
package dev.backplane.api.cpu;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
