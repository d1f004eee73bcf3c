/**
 * When virtual CPUs run. A vendor implements a {@link dev.backplane.api.scheduler.SchedulerFactory SchedulerFactory} and the {@link
 * dev.backplane.api.scheduler.VcpuScheduler VcpuScheduler} that it makes for each machine; the kernel's vCPU threads ask it for
 * slices of processor time, keep those out of the guest that have to wait, and bring back those that have used theirs up.
 *
 * <p>Calls come on vCPU threads and on whichever thread wakes a vCPU, several at once; they hold no lock of the kernel, must not
 * block, and the way through {@link dev.backplane.api.scheduler.VcpuScheduler#slice slice} allocates nothing. Schedulers of one type
 * share the host's processors by an object that their factory keeps: {@link dev.backplane.api.scheduler.RunQueue RunQueue} does
 * everything but the choice, which is a {@link dev.backplane.api.scheduler.SchedulingPolicy SchedulingPolicy}.
 *
 * <p>While the bay is vacant vCPUs run as the host's kernel lets them.
 */
@Export
@Version("1.1.0")
@NullMarked
package dev.backplane.api.scheduler;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
