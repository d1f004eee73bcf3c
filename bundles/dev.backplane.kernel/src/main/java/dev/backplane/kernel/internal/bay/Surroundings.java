package dev.backplane.kernel.internal.bay;

import dev.backplane.kernel.internal.files.ImageFiles;
import dev.backplane.kernel.internal.memory.GuestRam;
import dev.backplane.kernel.internal.time.MachineClock;
import org.jspecify.annotations.Nullable;

/**
 * What the bays of one machine share.
 *
 * @param vm the machine's name
 * @param ram its memory
 * @param clock its clock
 * @param signals its notifications
 * @param requests what parts ask of it
 * @param calls the threads on which parts are called
 * @param files opens the files of its disks
 * @param isolation whether its networks are cut off
 * @param virtual its doors to the outside where it runs on virtual time, else null
 */
public record Surroundings(
        String vm,
        GuestRam ram,
        MachineClock clock,
        Signals signals,
        MachineRequests requests,
        CallThreads calls,
        ImageFiles files,
        Isolation isolation,
        @Nullable VirtualTime virtual) {
    /** What the bays of a machine on the host's time share. */
    public Surroundings(String vm, GuestRam ram, MachineClock clock, Signals signals, MachineRequests requests) {
        this(vm, ram, clock, signals, requests, new CallThreads(), new ImageFiles(null), new Isolation(false), null);
    }

    /** Refuses what a part does on a thread of its own while the guest runs on virtual time. */
    void admit(String part, String what) {
        if (virtual != null) {
            virtual.admit(part, what);
        }
    }
}
