/**
 * A machine's vCPUs in software, whatever executes their instructions: {@code SoftPartition} makes one {@code SoftVcpu} each, with
 * local APIC, clock, exits and debugger, around the {@code Execution} that a backend gives to its {@code SoftPartitions}.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.x86.vcpu;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
