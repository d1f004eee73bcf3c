/**
 * The host's processor as a CPU backend: {@code KvmBackend} makes a {@code KvmPartition}, whose {@code KvmCpu}s run in
 * {@code /dev/kvm} on the kernel's threads. The local APICs are the host's; everything else of a machine stays the board's
 * (KVM's split interrupt chip).
 */
@NullMarked
package dev.backplane.cpu.kvm.internal;

import org.jspecify.annotations.NullMarked;
