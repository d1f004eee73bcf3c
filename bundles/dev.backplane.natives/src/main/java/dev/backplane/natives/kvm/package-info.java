/**
 * The host's virtual machines, {@code /dev/kvm} on x86-64: its calls one by one, with requests and sizes checked, without any
 * policy.
 *
 * <p>Used by the CPU backend that runs on KVM. Registers travel in the layouts of the kernel's header {@code asm/kvm.h},
 * as {@link java.lang.foreign.MemorySegment}s of the caller's. A closed object's methods throw {@link IllegalStateException}.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.natives.kvm;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
