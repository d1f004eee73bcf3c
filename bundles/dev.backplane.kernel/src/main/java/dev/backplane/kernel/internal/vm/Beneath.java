package dev.backplane.kernel.internal.vm;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.bay.ConsoleSocket;
import dev.backplane.kernel.internal.bay.Fronts;
import dev.backplane.kernel.internal.bay.NetworkSocket;
import dev.backplane.kernel.internal.bay.StorageSocket;
import dev.backplane.kernel.internal.bay.Surroundings;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.plan.MachineBays.Support;
import dev.backplane.kernel.internal.vm.TypeResolution.MissingType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A part that another one stands on, as it was found, with what it stands on itself. Its bay is plugged from the bottom up.
 *
 * @param spec what the VM file says, with the kind that offers its type
 * @param beneath what it refers to
 */
record Beneath(PartSpec spec, List<Beneath> beneath) {
    /**
     * Looks a part up, and all beneath it.
     *
     * @param offers gets where each bay's part comes from, by bay identifier
     */
    static Beneath lookUp(PartSpec asked, Path folder, TypeResolution types, Map<String, Offer> offers)
            throws MissingType, ConfigurationException {
        Offer offer = types.resolve(asked);
        PartSpec spec = asked.ofKind(offer.kind().word());
        offers.put(spec.id(), offer);
        List<Beneath> beneath = new ArrayList<>();
        for (PartSpec nested : StorageSocket.nested(spec, folder, offer)) {
            beneath.add(lookUp(nested, folder, types, offers));
        }
        return new Beneath(spec, beneath);
    }

    /**
     * Makes the bays, vacant, and adds this one to what stands on it.
     *
     * @throws ConfigurationException when one cannot be in such a machine
     */
    Support plug(Path folder, Surroundings surroundings, Fronts above) throws ConfigurationException {
        Fronts below = new Fronts();
        List<Support> supports = new ArrayList<>();
        for (Beneath each : beneath) {
            supports.add(each.plug(folder, surroundings, below));
        }
        // What is sent to a network that is away waits in the guest's queue.
        boolean keepsRequests = !spec.kind().equals(Kind.CONSOLE.word());
        return new Support(bay(folder, surroundings, below, above), keepsRequests, supports);
    }

    private Bay bay(Path folder, Surroundings surroundings, Fronts below, Fronts above) throws ConfigurationException {
        if (spec.kind().equals(Kind.CONSOLE.word())) {
            ConsoleSocket console = new ConsoleSocket(spec, folder, surroundings);
            above.add(spec.id(), console.front());
            return console.bay();
        }
        if (spec.kind().equals(Kind.NETWORK.word())) {
            NetworkSocket network = NetworkSocket.plug(spec, folder, surroundings);
            above.add(spec.id(), network.front());
            return network.bay();
        }
        List<String> nested = beneath.stream().map(each -> each.spec().id()).toList();
        StorageSocket storage = new StorageSocket(spec, folder, surroundings, nested, below);
        above.add(spec.id(), storage.front());
        return storage.bay();
    }
}
