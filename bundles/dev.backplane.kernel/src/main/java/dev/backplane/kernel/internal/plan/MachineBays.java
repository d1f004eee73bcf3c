package dev.backplane.kernel.internal.plan;

import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.bay.CpuSocket;
import dev.backplane.kernel.internal.bay.DeviceSocket;
import dev.backplane.kernel.internal.catalogue.Offer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The bays of one machine, from the top down: the engine, the devices, what devices stand on.
 *
 * @param cpu the engine's
 * @param devices the devices', in the order of the VM file
 * @param consoles the consoles'
 */
public record MachineBays(CpuSocket cpu, List<Device> devices, List<Bay> consoles) {
    /** Copies the lists. */
    public MachineBays {
        devices = List.copyOf(devices);
        consoles = List.copyOf(consoles);
    }

    /**
     * A device.
     *
     * @param bay its bay
     * @param socket its windows
     * @param below the bays that it stands on
     */
    public record Device(Bay bay, DeviceSocket socket, List<Bay> below) {
        /** Copies the list. */
        public Device {
            below = List.copyOf(below);
        }
    }

    /**
     * All of them.
     *
     * @return each device followed by what it stands on, the engine first
     */
    public List<Bay> all() {
        List<Bay> all = new ArrayList<>();
        all.add(cpu.bay());
        for (Device device : devices) {
            all.add(device.bay());
            all.addAll(device.below());
        }
        return all;
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
