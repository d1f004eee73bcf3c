package dev.backplane.testkit;

import dev.backplane.api.console.ConsoleRef;
import dev.backplane.api.network.NetworkRef;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** What a device is plugged into: it outlives the parts, as a machine outlives what sits in its bays. */
public final class TestMachine {
    private static final long MEMORY_BYTES = 1 << 20;

    private final VirtualClock clock = new VirtualClock();
    private final FlatMemory memory = new FlatMemory(MEMORY_BYTES);
    private final Map<String, RecordedConsole> consoles = new HashMap<>();
    private final Map<String, MemoryStorage> storages = new HashMap<>();
    private final Map<String, RecordedNetwork> networks = new HashMap<>();
    private final Map<String, ResizableStorage> plugged = new HashMap<>();
    private final List<String> resets = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private OptionalInt exitStatus = OptionalInt.empty();
    private int renewals;

    /**
     * Its clock.
     *
     * @return always the same
     */
    public VirtualClock clock() {
        return clock;
    }

    /**
     * Its memory, 1 MiB.
     *
     * @return always the same
     */
    public FlatMemory memory() {
        return memory;
    }

    /**
     * The console that an option refers to.
     *
     * @param reference the option's value
     * @return always the same for a bay
     */
    public synchronized RecordedConsole console(ConsoleRef reference) {
        return consoles.computeIfAbsent(reference.bay(), bay -> new RecordedConsole());
    }

    /**
     * The disk that an option refers to.
     *
     * @param reference the option's value
     * @return always the same for a bay
     */
    public synchronized MemoryStorage storage(StorageRef reference) {
        return storages.computeIfAbsent(reference.bay(), bay -> new MemoryStorage());
    }

    /**
     * The network that an option refers to.
     *
     * @param reference the option's value
     * @return always the same for a bay
     */
    public synchronized RecordedNetwork network(NetworkRef reference) {
        return networks.computeIfAbsent(reference.bay(), bay -> new RecordedNetwork());
    }

    /**
     * From now on a reference means another storage than a disk in memory.
     *
     * @param reference the option's value
     * @param storage what parts see
     */
    public synchronized void plug(StorageRef reference, ResizableStorage storage) {
        plugged.put(reference.bay(), storage);
    }

    /** Disks in memory rest, or go on. */
    synchronized void restDisks(boolean rest) {
        storages.values().forEach(storage -> storage.rest(rest));
    }

    /** What parts see. */
    synchronized ResizableStorage below(StorageRef reference) {
        ResizableStorage other = plugged.get(reference.bay());
        return other == null ? storage(reference) : other;
    }

    /**
     * The resets that were asked for.
     *
     * @return the reasons, oldest first
     */
    public synchronized List<String> resets() {
        return List.copyOf(resets);
    }

    /**
     * What parts reported with {@code fail}.
     *
     * @return the reasons, oldest first
     */
    public synchronized List<String> failures() {
        return List.copyOf(failures);
    }

    /**
     * The status with which the machine was ended first.
     *
     * @return empty while it was not
     */
    public synchronized OptionalInt exitStatus() {
        return exitStatus;
    }

    /**
     * How often parts told that the guest has made its random numbers anew.
     *
     * @return 0 while none did
     */
    public synchronized int renewals() {
        return renewals;
    }

    synchronized void renewed() {
        renewals++;
    }

    synchronized void reset(String reason) {
        resets.add(reason);
    }

    synchronized void fail(String reason) {
        failures.add(reason);
    }

    synchronized void end(int status) {
        if (status < 0 || status > 255) {
            throw new IllegalArgumentException("exit status " + status + ": expected 0 to 255");
        }
        if (exitStatus.isEmpty()) {
            exitStatus = OptionalInt.of(status);
        }
    }

    synchronized void forgetListeners() {
        consoles.values().forEach(RecordedConsole::forgetListener);
        networks.values().forEach(RecordedNetwork::forgetListener);
    }
}
