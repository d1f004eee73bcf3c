package dev.backplane.api.vm;

import dev.backplane.api.debug.DebugListener;
import dev.backplane.api.debug.TraceKind;
import dev.backplane.api.debug.TraceSink;
import dev.backplane.api.debug.VmDebugger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/** One virtual machine, as the control plane sees it. Callable on any thread. Commands return when they have taken effect. */
@ProviderType
public interface Vm {
    /**
     * Its name, unique in the process.
     *
     * @return the name
     */
    String name();

    /**
     * What a machine like it is defined from: its VM file, with the values that were put in place of the file's. For one that goes on from a
     * snapshot or from another machine, that is one that boots. What was changed while it runs is not in it.
     *
     * @return the VM file, without overrides
     */
    VmSource definition();

    /**
     * Where it is in its life.
     *
     * @return the state at this moment
     */
    VmState state();

    /**
     * Makes its parts and starts it.
     *
     * @param patience how long to wait for types that no plugin offers yet; zero: not at all
     * @throws VmException when a part cannot be made; the machine is {@link VmState#FAILED}
     */
    void start(Duration patience) throws VmException;

    /**
     * Stops its vCPUs and its clock.
     *
     * @throws VmException when it does not run, or one of its disks does not answer for seconds: it runs on
     */
    void pause() throws VmException;

    /**
     * Lets it go on.
     *
     * @throws VmException when it is not paused, or a vacant bay holds it
     */
    void resume() throws VmException;

    /**
     * Presses its power button, by which the guest is asked to shut down. Returns at once: the guest decides what follows, and {@link
     * #outcome} tells when it has gone off.
     *
     * @throws VmException when it does not run, stands still, or its board has no such button
     */
    void pressPowerButton() throws VmException;

    /**
     * Ends it at once, as by pulling the plug. Does nothing when it has ended.
     *
     * @param reason for the log and the outcome
     */
    void kill(String reason);

    /** Forgets a machine that does not run, and ends one that does. */
    void remove();

    /**
     * How it ended.
     *
     * @return completed when it has stopped or failed
     */
    CompletionStage<Outcome> outcome();

    /**
     * Its bays.
     *
     * @return a copy, in the order of the VM file
     */
    List<BayInfo> bays();

    /**
     * Changes options of a part that runs: those that its plugin lets change ({@link dev.backplane.api.part.Live}). They stay in force
     * when the part is replaced, and for the machine's life.
     *
     * @param bay the bay's identifier
     * @param options values by name, each written as in a VM file
     * @throws VmException when there is no such bay, the part does not run, or an option is wrong or cannot change: nothing has changed
     *     then
     */
    void configure(String bay, Map<String, String> options) throws VmException;

    /**
     * Adds a device to it while it runs: a PCI device, which gets a slot of the board. Its parts run before the guest sees it; when this
     * returns the guest has been told. It is forgotten when the machine ends, and stays when the guest resets.
     *
     * @param device a map as in the VM file's list of devices, for instance {@code {type: nvme, id: disk1, disk: {format: raw, file:
     *     data.img}}}
     * @throws VmException when the machine does not run, its board has no free slot, or the device cannot be made: nothing has changed
     *     then
     */
    void addDevice(VmSource device) throws VmException;

    /**
     * Removes a device that {@link #addDevice} has added: asks the guest to let it go, waits for that, and takes it out with what it stands
     * on. What the guest has written is with the host then.
     *
     * @param id its identifier
     * @param patience how long the guest may take; Linux takes five seconds, in which the request can be taken back, before it begins
     * @throws VmException when the machine does not run, there is no such device in a slot, or the guest does not let it go in time: it
     *     stays then
     */
    void removeDevice(String id, Duration patience) throws VmException;

    /**
     * How many vCPUs its guest has, and may have.
     *
     * @return as the VM file has it, where the machine does not run
     */
    Processors processors();

    /**
     * Gives the guest more vCPUs, or has it give some back: those with the highest numbers. One that has come waits until the guest starts
     * it; this returns when the guest has been told. It holds for the machine's life, also over a reset by the guest.
     *
     * @param count how many it is to have, from 1 to {@link Processors#possible}
     * @param patience how long the guest may take to give them back
     * @throws VmException when the machine does not run, its board keeps its processors, {@code count} is out of bounds, or the guest does
     *     not give all of them back in time: it has those then that it has kept
     */
    void setProcessors(int count, Duration patience) throws VmException;

    /**
     * Has its vCPUs run by another CPU backend from now on, without the guest's noticing more than a moment. Until the other one is ready
     * the machine stays with the one that it has.
     *
     * @param cpu as the VM file writes it: a {@code backplane.cpu} type, or a map such as {@code {type: bt, verify: true}}; without a
     *     {@code model}, which a guest keeps. Of several versions the highest. A type alone has the options that were last in force for
     *     it, at first those of the VM file; the type that it has is another version then, if there is one
     * @return how it went
     * @throws VmException when it has no engine, nobody offers the type, an option is wrong, the backend cannot run this machine on this
     *     host, or it cannot take over: the machine goes on as it was then
     */
    Replaced setCpu(String cpu) throws VmException;

    /**
     * Has another scheduler decide when its vCPUs run from now on. The guest goes on meanwhile: without a scheduler its vCPUs run as the
     * host lets them. What the other one knew of it is lost; one of the same type goes on from it. Holds for the machine's life, for its
     * snapshots and for its clones.
     *
     * @param scheduler as the VM file writes it: a {@code backplane.scheduler} type, or a map such as {@code {type: fair, weight: 300}}. Of
     *     several versions the highest. A type alone has the options that were last in force for it, at first those of the VM file
     * @return how it went
     * @throws VmException when the machine does not run, nobody offers the type, an option is wrong, the machine has that one already, or
     *     it refuses, for instance since it has promised all that it may: the machine keeps the one that it has
     */
    Replaced setScheduler(String scheduler) throws VmException;

    /**
     * Makes the part in a bay anew: from a state that it saves now where it comes to rest and saves one, else by a reset of the device.
     * Parts of the VM file that had to be given up get another chance.
     *
     * @param bay the bay's identifier
     * @return how it went
     * @throws VmException when there is no such bay, nobody offers its type, or a new part cannot be made; the engine is never reset
     *     alone
     */
    Replaced restart(String bay) throws VmException;

    /**
     * Keeps the machine in a folder, from which {@link VmManager#restore} lets it go on, in another process too. One that runs stands for
     * a moment; its memory is written while it runs again.
     *
     * @param folder where; it is made, and must not hold anything else. Without its manifest, which comes last, it is no snapshot
     * @param options what it is to be
     * @return what it has come to
     * @throws VmException when the machine neither runs nor is paused, some part of it cannot be saved, or the folder cannot be written: the
     *     machine goes on as it was then
     */
    SnapshotReport snapshot(Path folder, SnapshotOptions options) throws VmException;

    /**
     * Counters of its CPU backend and its buses, and of its other parts ({@link dev.backplane.api.part.Measured}) behind the bay's
     * identifier and a dot.
     *
     * @return by name, for instance {@code instructions}, {@code exits.port-write}
     */
    Map<String, Long> statistics();

    /**
     * Listens to its port and memory accesses, for debugging and tests; slows it down. Several may listen. One that
     * begins before the start hears everything, from the first access on.
     *
     * @param tap called on vCPU threads after each access that a device has answered
     * @return closing it ends the listening
     */
    AutoCloseable tap(AccessTap tap);

    /**
     * Attaches a debugger. Nothing stops by that alone; before the start, {@link VmDebugger#stop} has the machine stop before its
     * first instruction.
     *
     * @param listener hears of stops and of the end
     * @return the debugger; closing it detaches it
     * @throws VmException when it is debugged already, has ended, or its CPU backend cannot be debugged
     */
    VmDebugger debugger(DebugListener listener) throws VmException;

    /**
     * Traces it, beside a debugger or without one; also before the start, from the first instruction on then. One trace at a time.
     *
     * @param kinds what to tell, one at least
     * @param sink where to
     * @return closing it ends the trace
     * @throws VmException when it is traced already, has ended, or its CPU backend cannot tell that
     */
    AutoCloseable trace(Set<TraceKind> kinds, TraceSink sink) throws VmException;

    /**
     * Listens to what people should know although the machine goes on, for instance the report of a triple fault that resets it.
     *
     * @param listener called on a kernel thread with one line or several; must not block
     * @return closing it ends the listening
     */
    AutoCloseable notices(Consumer<String> listener);

    /**
     * How a machine ended.
     *
     * @param state {@link VmState#STOPPED} or {@link VmState#FAILED}
     * @param status the exit status that {@code run} reports
     * @param reason one line, several for a report
     */
    record Outcome(VmState state, int status, String reason) {}

    /**
     * A bay.
     *
     * @param id its identifier
     * @param kind the kind of part it holds, for instance {@code device}
     * @param type the type it asks for
     * @param state {@code VACANT}, {@code RUNNING}, {@code QUIESCED} or {@code FAILED}
     * @param bundle symbolic name and version of the plugin whose part sits in it, if one does
     * @param generation how many parts have sat in it
     * @param note why it failed or what is parked
     */
    record BayInfo(
            String id, String kind, String type, String state, Optional<String> bundle, int generation, String note) {}

    /**
     * Its vCPUs.
     *
     * @param present how many its guest has
     * @param possible how many it may have
     */
    record Processors(int present, int possible) {}

    /**
     * How a part was replaced.
     *
     * @param bay the bay's identifier
     * @param from symbolic name and version of the plugin whose part sat there; empty where none did
     * @param to those of the plugin whose part sits there now
     * @param byReset whether the new part began with a reset, as no state of the old one was to be had
     * @param gateClosed from the closing of the first gate to the opening of the last one: how long the guest may have waited
     */
    record Replaced(String bay, Optional<String> from, String to, boolean byReset, Duration gateClosed) {}
}
