/**
 * Looking into a running guest: stop it, step it, read and change its registers and memory, follow what it does.
 *
 * <p>{@link dev.backplane.api.debug.VmDebugger VmDebugger} is what a debugger (the gdb server, a tracer, a test) has of a
 * machine; the kernel implements it, and it is callable on any thread. {@link dev.backplane.api.debug.DebuggableVcpu
 * DebuggableVcpu} is what a CPU backend's vCPU offers for it, where it can; the kernel calls it while the vCPU does not run,
 * and needs nothing of it while nobody debugs. {@link
 * dev.backplane.api.debug.ReportingVcpu ReportingVcpu} is the little that every backend can offer.
 */
@Export
@Version("1.1.0")
@NullMarked
package dev.backplane.api.debug;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
