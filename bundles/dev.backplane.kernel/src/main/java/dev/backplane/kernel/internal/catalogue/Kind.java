package dev.backplane.kernel.internal.catalogue;

import dev.backplane.api.console.ConsoleBackend;
import dev.backplane.api.console.ConsoleType;
import dev.backplane.api.cpu.CpuBackend;
import dev.backplane.api.cpu.CpuType;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.DeviceType;
import dev.backplane.api.machine.MachineModel;
import dev.backplane.api.machine.MachineType;
import dev.backplane.api.network.NetworkBackend;
import dev.backplane.api.network.NetworkType;
import dev.backplane.api.scheduler.SchedulerFactory;
import dev.backplane.api.scheduler.SchedulerType;
import dev.backplane.api.storage.StorageFilter;
import dev.backplane.api.storage.StorageFilterType;
import dev.backplane.api.storage.StorageFormat;
import dev.backplane.api.storage.StorageFormatType;
import dev.backplane.api.storage.StorageProtocol;
import dev.backplane.api.storage.StorageProtocolType;
import java.util.List;

/** The kinds of parts. A new kind is a row here, and what differs about its bay. */
public enum Kind {
    /** Boards. */
    MACHINE("machine", MachineModel.class, "machine.type", MachineType.NAMESPACE),
    /** CPU backends. */
    CPU("cpu", CpuBackend.class, "cpu.type", CpuType.NAMESPACE),
    /** Devices. */
    DEVICE("device", DeviceFactory.class, "device.type", DeviceType.NAMESPACE),
    /** Far ends of character streams. */
    CONSOLE("console", ConsoleBackend.class, "console.type", ConsoleType.NAMESPACE),
    /** Schedulers of vCPUs. */
    SCHEDULER("scheduler", SchedulerFactory.class, "scheduler.type", SchedulerType.NAMESPACE),
    /** Networks. */
    NETWORK("network", NetworkBackend.class, "network.type", NetworkType.NAMESPACE),
    /** Formats of disks. */
    STORAGE("storage", StorageFormat.class, "storage.format.type", StorageFormatType.NAMESPACE),
    /** Places where the bytes of disks live. */
    PROTOCOL("protocol", StorageProtocol.class, "storage.protocol.type", StorageProtocolType.NAMESPACE),
    /** What stands between disks and whoever uses them. */
    FILTER("filter", StorageFilter.class, "storage.filter.type", StorageFilterType.NAMESPACE);

    /** The kinds that a layer of a disk may be of, in the order in which its type is looked for. */
    public static final List<Kind> LAYERS = List.of(STORAGE, PROTOCOL, FILTER);

    private final String word;
    private final Class<?> service;
    private final String property;
    private final String namespace;

    Kind(String word, Class<?> service, String property, String namespace) {
        this.word = word;
        this.service = service;
        this.property = property;
        this.namespace = namespace;
    }

    /**
     * What people call it.
     *
     * @return for instance {@code device}
     */
    public String word() {
        return word;
    }

    /**
     * The service that its factories register.
     *
     * @return an interface of the API
     */
    public Class<?> service() {
        return service;
    }

    /**
     * The service property that names the type.
     *
     * @return for instance {@code device.type}
     */
    public String property() {
        return property;
    }

    /**
     * The capability namespace in which bundles declare their types.
     *
     * @return for instance {@code backplane.device}
     */
    public String namespace() {
        return namespace;
    }

    /**
     * Whether a machine cannot do without its part for long.
     *
     * @return false where the kernel fills in for it
     */
    public boolean isNeeded() {
        return this != SCHEDULER;
    }

    /**
     * Whether the guest sees nothing of its part but what comes through: one of another type may take the place, and begins anew.
     *
     * @return true for what a machine has outside, and for the scheduler
     */
    public boolean isOutside() {
        return this == CONSOLE || this == NETWORK || this == SCHEDULER;
    }

    /**
     * The kind of that name.
     *
     * @param word for instance {@code device}
     * @return the kind
     */
    public static Kind of(String word) {
        for (Kind kind : values()) {
            if (kind.word.equals(word)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("no kind of part: " + word);
    }
}
