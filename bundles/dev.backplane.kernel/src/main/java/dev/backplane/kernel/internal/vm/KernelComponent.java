package dev.backplane.kernel.internal.vm;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.plugin.InstalledPlugin;
import dev.backplane.api.plugin.PluginException;
import dev.backplane.api.plugin.PluginGeneration;
import dev.backplane.api.plugin.PluginManager;
import dev.backplane.api.plugin.UpdateReport;
import dev.backplane.api.plugin.UpdateRequest;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import dev.backplane.api.storage.image.DiskManager;
import dev.backplane.api.storage.image.DiskRequest;
import dev.backplane.api.storage.image.NewDisk;
import dev.backplane.api.storage.image.OpenDisk;
import dev.backplane.api.vm.CloneOptions;
import dev.backplane.api.vm.Cloned;
import dev.backplane.api.vm.OfferedType;
import dev.backplane.api.vm.RestoreOptions;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.api.vm.VmSource;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.catalogue.FactoryTracker;
import dev.backplane.kernel.internal.catalogue.InstalledPlugins;
import dev.backplane.kernel.internal.disk.Disks;
import dev.backplane.kernel.internal.files.ImageFiles;
import dev.backplane.kernel.internal.memory.HostRam;
import dev.backplane.kernel.internal.store.PluginFolder;
import dev.backplane.natives.Host;
import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;

/**
 * The kernel as a component: follows the framework's services, and offers {@link VmManager}, {@link DiskManager} and {@link PluginManager}.
 */
@Component(service = {VmManager.class, DiskManager.class, PluginManager.class})
public final class KernelComponent implements VmManager, DiskManager, PluginManager {
    /** Folders below which images may refer to other files, separated as paths are. */
    private static final String FOLDERS = "backplane.image.folders";

    private final Kernel kernel;
    private final Disks disks;
    private final FactoryTracker tracker;
    private final Optional<PluginManager> manager;

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
        ImageFiles files = new ImageFiles(host);
        kernel = new Kernel(
                catalogue,
                new InstalledPlugins(context).and(plugins),
                new HostRam(host),
                files,
                () -> framework.getState() == Bundle.ACTIVE && plugins.settled(),
                new HostThreads(host));
        tracker = new FactoryTracker(context, catalogue);
        disks = new Disks(catalogue, kernel::awaitPlugins, files, folders(context.getProperty(FOLDERS)));
        kernel.open();
        manager = plugins.open(catalogue, kernel.swaps());
        tracker.open();
    }

    private static List<Path> folders(@Nullable String property) {
        return property == null || property.isBlank()
                ? List.of()
                : Arrays.stream(property.strip().split(File.pathSeparator))
                        .map(Path::of)
                        .toList();
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
    public Vm restore(Path folder, RestoreOptions options) throws VmException {
        return kernel.restore(folder, options);
    }

    @Override
    public Cloned clone(String machine, CloneOptions options) throws VmException {
        return kernel.clone(machine, options);
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

    @Override
    public OpenDisk open(DiskRequest request) throws ConfigurationException, StorageException {
        return disks.open(request);
    }

    @Override
    public void create(NewDisk disk) throws ConfigurationException, StorageException {
        disks.create(disk);
    }

    @Override
    public Optional<CheckReport> check(DiskRequest request, CheckMode mode)
            throws ConfigurationException, StorageException {
        return disks.check(request, mode);
    }

    @Override
    public Optional<String> recognize(String location) throws ConfigurationException, StorageException {
        return disks.recognize(location);
    }

    private PluginManager manager() throws PluginException {
        return manager.orElseThrow(() ->
                new PluginException("this framework has no folder for state (framework property backplane.state)"));
    }

    @Override
    public UpdateReport update(UpdateRequest request, Consumer<String> listener) throws PluginException {
        return manager().update(request, listener);
    }

    @Override
    public UpdateReport commit(Consumer<String> listener) throws PluginException {
        return manager().commit(listener);
    }

    @Override
    public UpdateReport rollback(Consumer<String> listener) throws PluginException {
        return manager().rollback(listener);
    }

    @Override
    public void unpin(String vm, Consumer<String> listener) throws PluginException {
        manager().unpin(vm, listener);
    }

    @Override
    public List<InstalledPlugin> plugins() {
        kernel.awaitPlugins();
        return manager.map(PluginManager::plugins).orElse(List.of());
    }

    @Override
    public List<PluginGeneration> history() {
        return manager.map(PluginManager::history).orElse(List.of());
    }
}
