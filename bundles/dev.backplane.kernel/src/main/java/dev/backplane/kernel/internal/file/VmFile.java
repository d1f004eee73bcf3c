package dev.backplane.kernel.internal.file;

import dev.backplane.api.machine.BootSource;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A VM file that has been read. The parts' own options are still trees: they are bound when their plugins are at hand.
 *
 * @param source what messages call it
 * @param name the machine's name
 * @param cpus how many vCPUs it begins with
 * @param maxCpus how many it may have
 * @param memoryBytes how much RAM
 * @param memoryAt where that stands
 * @param cpu the CPU backend
 * @param cpuModel the CPU model
 * @param scheduler the scheduler of its vCPUs
 * @param schedulerAsked whether the file names it; a default that nobody offers is missed by nobody
 * @param machine the board
 * @param boot what to boot
 * @param bootAt where that stands
 * @param onReboot what to do when the guest resets the machine
 * @param onVacant what to do when a bay stays vacant
 * @param onClone what becomes of the networks of one that goes on as another machine
 * @param devices the devices
 * @param clock its clock
 * @param clockAt where that stands
 * @param shown what the guest can see of the file, by key, to tell whether two machines are alike
 * @param tree all of it, with what was put in place of its values
 * @param folder what relative paths start from
 */
public record VmFile(
        String source,
        String name,
        int cpus,
        int maxCpus,
        long memoryBytes,
        Mark memoryAt,
        PartSpec cpu,
        String cpuModel,
        PartSpec scheduler,
        boolean schedulerAsked,
        PartSpec machine,
        BootSource boot,
        Mark bootAt,
        OnReboot onReboot,
        OnVacant onVacant,
        OnClone onClone,
        List<PartSpec> devices,
        ClockSpec clock,
        Mark clockAt,
        Map<String, String> shown,
        Node.Mapping tree,
        Path folder) {
    /** Copies the list. */
    public VmFile {
        devices = List.copyOf(devices);
        shown = Map.copyOf(shown);
    }

    /** What to do when the guest resets the machine. */
    public enum OnReboot {
        /** Start it again. */
        RESTART,
        /** End it with status 0. */
        EXIT
    }

    /** What becomes of the networks of a machine that is a clone, or goes on from a snapshot. */
    public enum OnClone {
        /** They are open. */
        RUN,
        /** They are cut off until the guest has said that its random numbers are its own. */
        ISOLATE
    }

    /** What to do when a bay has been vacant for a second. */
    public enum OnVacant {
        /** Pause the machine and its clock until the bay is filled. */
        PAUSE,
        /** Go on; only who accesses the bay waits. */
        WAIT,
        /** End the machine. */
        FAIL
    }
}
