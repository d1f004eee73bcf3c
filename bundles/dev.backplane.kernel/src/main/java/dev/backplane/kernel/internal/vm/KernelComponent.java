package dev.backplane.kernel.internal.vm;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.OfferedType;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmManager;
import dev.backplane.api.vm.VmSource;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.catalogue.FactoryTracker;
import dev.backplane.kernel.internal.catalogue.InstalledPlugins;
import dev.backplane.kernel.internal.memory.HostRam;
import dev.backplane.kernel.internal.store.PluginFolder;
import dev.backplane.natives.Host;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;

/** The kernel as a component: follows the framework's services, and offers {@link VmManager}. */
@Component(service = VmManager.class)
public final class KernelComponent implements VmManager {
    private final Kernel kernel;
    private final FactoryTracker tracker;

    /**
     * Starts the kernel.
     *
     * @param context the kernel's bundle
     * @param plugins what lies in the plugin folder
     * @param host the host's interfaces; without them memory has no file behind it
     */
    @Activate
    public KernelComponent(
            BundleContext context,
            @Reference PluginFolder plugins,
            @Reference(cardinality = ReferenceCardinality.OPTIONAL) @Nullable Host host) {
        Catalogue catalogue = new Catalogue();
        Bundle framework = context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION);
        kernel = new Kernel(
                catalogue,
                new InstalledPlugins(context).and(plugins),
                new HostRam(host),
                () -> framework.getState() == Bundle.ACTIVE && plugins.settled());
        tracker = new FactoryTracker(context, catalogue);
        kernel.open();
        tracker.open();
    }

    /** Ends all machines. */
    @Deactivate
    void close() {
        kernel.close();
        tracker.close();
    }

    @Override
    public Vm define(VmSource source) throws ConfigurationException {
        return kernel.define(source);
    }

    @Override
    public List<Vm> list() {
        return kernel.list();
    }

    @Override
    public Optional<Vm> find(String name) {
        return kernel.find(name);
    }

    @Override
    public List<OfferedType> types() {
        return kernel.types();
    }

    @Override
    public List<String> unused() {
        return kernel.unused();
    }
}
