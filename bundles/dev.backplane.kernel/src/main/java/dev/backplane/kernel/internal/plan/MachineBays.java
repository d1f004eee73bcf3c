package dev.backplane.kernel.internal.plan;

import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.bay.CpuSocket;
import dev.backplane.kernel.internal.bay.DeviceSocket;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The bays of one machine, from the top down: the engine, the devices, what devices stand on. Devices are added and removed on the
 * machine's control thread; any thread may look.
 */
public final class MachineBays {
    private final CpuSocket cpu;
    private final Bay scheduler;
    private volatile List<Device> devices;

    /**
     * Those of a machine.
     *
     * @param cpu the engine's
     * @param scheduler the scheduler's
     * @param devices the devices', in the order of the VM file
     */
    public MachineBays(CpuSocket cpu, Bay scheduler, List<Device> devices) {
        this.cpu = cpu;
        this.scheduler = scheduler;
        this.devices = List.copyOf(devices);
    }

    /**
     * The engine's.
     *
     * @return always the same
     */
    public CpuSocket cpu() {
        return cpu;
    }

    /**
     * The scheduler's.
     *
     * @return always the same
     */
    public Bay scheduler() {
        return scheduler;
    }

    /**
     * The devices'.
     *
     * @return those of this moment, in the order in which they came
     */
    public List<Device> devices() {
        return devices;
    }

    /**
     * Adds a device, behind the others.
     *
     * @param device its bays, at rest
     */
    public void add(Device device) {
        List<Device> more = new ArrayList<>(devices);
        more.add(device);
        devices = List.copyOf(more);
    }

    /**
     * Forgets a device.
     *
     * @param device its bays, empty
     */
    public void remove(Device device) {
        devices = devices.stream().filter(each -> each != device).toList();
    }

    /**
     * What a device or another layer stands on.
     *
     * @param bay its bay
     * @param keepsRequests whether what arrives while its part is away waits in the bay, so that what stands on it runs on
     * @param below what it stands on itself
     */
    public record Support(Bay bay, boolean keepsRequests, List<Support> below) {
        /** Copies the list. */
        public Support {
            below = List.copyOf(below);
        }

        /** Whether a part sits in each bay below it. */
        boolean isGrounded() {
            return below.stream().allMatch(support -> support.bay().offer().isPresent() && support.isGrounded());
        }

        /** All bays below it, from the top down. */
        List<Bay> allBelow() {
            List<Bay> all = new ArrayList<>();
            below.forEach(support -> support.addTo(all));
            return all;
        }

        private Optional<Support> find(Bay wanted) {
            return bay == wanted
                    ? Optional.of(this)
                    : below.stream()
                            .flatMap(support -> support.find(wanted).stream())
                            .findFirst();
        }

        private void addTo(List<Bay> all) {
            all.add(bay);
            below.forEach(support -> support.addTo(all));
        }
    }

    /**
     * A device.
     *
     * @param bay its bay
     * @param socket its windows
     * @param supports what it stands on
     */
    public record Device(Bay bay, DeviceSocket socket, List<Support> supports) {
        /** Copies the list. */
        public Device {
            supports = List.copyOf(supports);
        }

        /** All bays that it stands on, from the top down. */
        List<Bay> below() {
            List<Bay> all = new ArrayList<>();
            supports.forEach(support -> support.addTo(all));
            return all;
        }

        /**
         * Its own bay and all that it stands on.
         *
         * @return from the top down
         */
        public List<Bay> bays() {
            List<Bay> all = below();
            all.addFirst(bay);
            return all;
        }
    }

    /**
     * What devices stand on, from the top down: first what they use themselves, then what that stands on, and so on.
     *
     * @return a list for each level
     */
    List<List<Support>> levels() {
        List<List<Support>> levels = new ArrayList<>();
        List<Support> level =
                devices.stream().flatMap(device -> device.supports().stream()).toList();
        while (!level.isEmpty()) {
            levels.add(level);
            level = level.stream().flatMap(support -> support.below().stream()).toList();
        }
        return levels;
    }

    /**
     * All of them.
     *
     * @return each device followed by what it stands on, the engine first and the scheduler last
     */
    public List<Bay> all() {
        List<Bay> all = new ArrayList<>();
        all.add(cpu.bay());
        for (Device device : devices) {
            all.addAll(device.bays());
        }
        all.add(scheduler);
        return all;
    }

    /**
     * What the engine and the other parts have counted.
     *
     * @return the engine's by name, the others' behind the bay's identifier and a dot
     */
    public Map<String, Long> statistics() {
        Map<String, Long> sums = new TreeMap<>(cpu.statistics());
        for (Bay bay : all()) {
            bay.statistics().forEach((name, count) -> sums.put(bay.id() + "." + name, count));
        }
        return sums;
    }

    /**
     * Whether a layer can be made: it looks at what it stands on when it is.
     *
     * @param bay a bay
     * @return false where a part is missing below it; true for everything that is no layer
     */
    public boolean isGrounded(Bay bay) {
        return devices.stream()
                .flatMap(device -> device.supports().stream())
                .flatMap(support -> support.find(bay).stream())
                .allMatch(Support::isGrounded);
    }

    /**
     * What a bay waits for before it is at rest, or is waited for by.
     *
     * @param bay the bay
     * @return those of its device; none for the engine and the scheduler
     */
    List<Bay> around(Bay bay) {
        return devices.stream()
                .map(Device::bays)
                .filter(bays -> bays.contains(bay))
                .findFirst()
                .orElse(List.of());
    }

    /**
     * Whether what keeps a part from coming to rest may be a host's disk below it.
     *
     * @param bay the part's
     * @return whether one has not answered something; false for the one that should have
     */
    boolean waitsForDisk(Bay bay) {
        return bay.kind() != Kind.PROTOCOL
                && around(bay).stream()
                        .anyMatch(each -> each.kind() == Kind.PROTOCOL
                                && each.offer().isPresent()
                                && !each.unanswered().isEmpty());
    }

    /**
     * What has to be at rest where a bay is.
     *
     * @param bay the bay
     * @return its identifier first, then those of what stands on it and keeps no requests; of the engine: {@code the guest}
     */
    List<String> restingWith(Bay bay) {
        List<String> all = new ArrayList<>();
        all.add(bay.id());
        if (bay == cpu.bay()) {
            all.add("the guest");
        }
        devices.stream()
                .filter(device -> device.supports().stream()
                        .anyMatch(support -> support.bay() == bay && !support.keepsRequests()))
                .forEach(device -> all.add(device.bay().id()));
        return all;
    }

    /**
     * A bay.
     *
     * @param id its identifier
     * @return the bay, if there is one
     */
    public Optional<Bay> named(String id) {
        return all().stream().filter(bay -> bay.id().equals(id)).findFirst();
    }

    /**
     * A device.
     *
     * @param id its bay's identifier
     * @return the device, if there is one
     */
    public Optional<Device> device(String id) {
        return devices.stream().filter(device -> device.bay().id().equals(id)).findFirst();
    }

    /**
     * Those whose part comes from an offer.
     *
     * @param offer the offer
     * @return perhaps none
     */
    public List<Bay> of(Offer offer) {
        return all().stream()
                .filter(bay -> bay.offer().filter(held -> held == offer).isPresent())
                .toList();
    }

    /**
     * The device that a vCPU has called last.
     *
     * @param vcpu its number
     * @return the device, if the last access went to one
     */
    public Optional<Device> lastCalledBy(int vcpu) {
        var exits = cpu.exits(vcpu);
        return devices.stream()
                .filter(device -> device.socket().owns(exits.space(), exits.address()))
                .findFirst();
    }
}
