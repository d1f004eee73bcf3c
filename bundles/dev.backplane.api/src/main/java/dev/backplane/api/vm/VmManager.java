package dev.backplane.api.vm;

import dev.backplane.api.part.ConfigurationException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/** The machines of this process and the types that its plugins offer. A service of the kernel; callable on any thread. */
@ProviderType
public interface VmManager {
    /**
     * Defines a machine from a VM file. Checks everything that can be checked without allocating.
     *
     * @param source the file's text and where it came from
     * @return the machine, {@link VmState#DEFINED}
     * @throws ConfigurationException with file, line, key and what was expected; also where the name is taken
     */
    Vm define(VmSource source) throws ConfigurationException;

    /**
     * Makes a machine that goes on from a snapshot when it is started. Checks everything that can be checked before that: the snapshot's
     * files by their sizes, its state by its checksum, the plugins and the versions of state that they read, and the disks. It takes the place
     * of a machine of its name that does not run.
     *
     * @param folder the snapshot's
     * @param options what is to be otherwise than it was
     * @return the machine, {@link VmState#DEFINED}
     * @throws VmException when the snapshot is not whole, a plugin is missing or too old for it, a disk has changed since, or a
     *     machine of that name runs: says which
     */
    Vm restore(Path folder, RestoreOptions options) throws VmException;

    /**
     * Makes machines that go on, when they are started, from where another one is now: it stands for a moment, and goes on as it was.
     * Memory is shared until somebody writes it, on hosts that can share it. Disks that are only read are shared too; a machine that
     * writes to a disk is refused.
     *
     * <p>Parts are told ({@link dev.backplane.api.part.Resumption.Cause#CLONE}), and so is a guest with a {@code vmgenid} device. Addresses
     * of network cards are those of the machine.
     *
     * @param machine the machine's name; it runs or is paused
     * @param options what the clones are to be
     * @return the clones
     * @throws VmException when there is no such machine, it cannot be cloned, or a name is taken: says which and why, and no clone is made
     */
    Cloned clone(String machine, CloneOptions options) throws VmException;

    /**
     * All machines, in the order of their names.
     *
     * @return a copy
     */
    List<Vm> list();

    /**
     * The machine of that name.
     *
     * @param name its name
     * @return the machine, if there is one
     */
    Optional<Vm> find(String name);

    /**
     * What the installed plugins offer, by kind, then by type.
     *
     * @return a copy
     */
    List<OfferedType> types();

    /**
     * Plugins that were put into the plugin folder and are not in use, and why; for people.
     *
     * @return one sentence a plugin, without a full stop; a copy
     */
    default List<String> unused() {
        return List.of();
    }
}
