package dev.backplane.kernel.internal.store;

import dev.backplane.api.plugin.PluginException;
import dev.backplane.api.plugin.UpdateReport;
import dev.backplane.api.plugin.UpdateRequest;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.apache.felix.framework.FrameworkFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.framework.hooks.bundle.CollisionHook;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRevision;

/** A real framework with the plugin store, on machines that do what a test says. */
abstract class UpdateBed {
    static final String PLUGIN = "test.plugin";

    @TempDir
    Path temp;

    final Catalogue catalogue = new Catalogue();
    final FakeTenants tenants = new FakeTenants();
    final List<String> told = new ArrayList<>();
    Framework framework;
    JarStore store;
    Updates updates;
    Step.Listener steps = step -> {};
    private long generations;

    /** A framework that runs, and keeps what it keeps below a folder. */
    static Framework framework(Path folder) throws BundleException {
        Framework framework = new FrameworkFactory()
                .newFramework(Map.of(
                        Constants.FRAMEWORK_STORAGE,
                        folder.resolve("framework").toString(),
                        Constants.FRAMEWORK_BSNVERSION,
                        Constants.FRAMEWORK_BSNVERSION_MANAGED));
        framework.start();
        var context = framework.getBundleContext();
        context.registerService(CollisionHook.class, new StoreCollisions(context), null);
        return framework;
    }

    @BeforeEach
    void start() throws Exception {
        framework = framework(temp);
        var context = framework.getBundleContext();
        // As components do: services come when a bundle starts and go when it stops.
        context.addBundleListener((SynchronousBundleListener) event -> {
            if (event.getType() == BundleEvent.STARTED) {
                offer(event.getBundle());
            } else if (event.getType() == BundleEvent.STOPPING) {
                catalogue.of(event.getBundle().getBundleId()).forEach(catalogue::remove);
            }
        });
        store = new JarStore(temp.resolve("store"), step -> steps.reached(step));
        updates = updates();
    }

    Updates updates() {
        return new Updates(
                store,
                new PluginBundles(framework.getBundleContext(), new Origins(store.objects())),
                catalogue,
                tenants,
                step -> steps.reached(step));
    }

    @AfterEach
    void stop() throws Exception {
        framework.stop();
        framework.waitForStop(10_000);
    }

    private void offer(Bundle bundle) {
        for (BundleCapability capability :
                bundle.adapt(BundleRevision.class).getDeclaredCapabilities(Kind.STORAGE.namespace())) {
            if (bundle.getHeaders("").get("Silent") == null) {
                catalogue.add(new Offer(
                        Kind.STORAGE,
                        capability.getAttributes().get("type").toString(),
                        bundle.getSymbolicName(),
                        bundle.getVersion(),
                        ++generations,
                        bundle.getBundleId(),
                        Object::new));
            }
        }
    }

    Path jar(String name, String version, Map<String, String> more) throws IOException {
        Map<String, String> headers = new HashMap<>(
                Map.of("Bundle-ManifestVersion", "2", "Bundle-SymbolicName", name, "Bundle-Version", version));
        headers.putAll(more);
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.forEach((key, value) -> manifest.getMainAttributes().putValue(key, value));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JarOutputStream jar = new JarOutputStream(bytes, manifest)) {
            jar.putNextEntry(new JarEntry("data.txt"));
            jar.write(version.getBytes(StandardCharsets.UTF_8));
        }
        Path file = Files.createTempDirectory(temp, "jar").resolve(name + ".jar");
        return Files.write(file, bytes.toByteArray());
    }

    Path plugin(String version, Map<String, String> more) throws IOException {
        Map<String, String> headers = new HashMap<>(Map.of("Provide-Capability", "backplane.storage;type=test"));
        headers.putAll(more);
        return jar(PLUGIN, version, headers);
    }

    Path plugin(String version) throws IOException {
        return plugin(version, Map.of());
    }

    /** As the launcher does. */
    Bundle product(Path jar) throws Exception {
        Bundle bundle = framework.getBundleContext().installBundle("reference:" + jar.toUri());
        bundle.start(Bundle.START_TRANSIENT);
        return bundle;
    }

    void machines(Bundle bundle, String... names) {
        for (String name : names) {
            tenants.holds.put(name, catalogue.of(bundle.getBundleId()).getFirst());
        }
    }

    UpdateRequest request(Path... jars) {
        return new UpdateRequest(Arrays.stream(jars).map(Path::toString).toList(), false, Optional.empty(), Set.of());
    }

    UpdateReport update(Path... jars) throws PluginException {
        return updates.update(request(jars), told::add);
    }

    List<String> active() {
        return Arrays.stream(framework.getBundleContext().getBundles())
                .filter(bundle -> bundle.getBundleId() != 0)
                .map(bundle -> bundle.getSymbolicName() + " " + bundle.getVersion()
                        + (bundle.getState() == Bundle.ACTIVE ? "" : " " + bundle.getState()))
                .toList();
    }

    Map<String, String> held() {
        Map<String, String> held = new HashMap<>();
        tenants.holds.forEach((vm, offer) -> held.put(vm, offer.version().toString()));
        return held;
    }

    String chosen(String vm) {
        return catalogue
                .choose(vm, Kind.STORAGE, "test", Optional.empty())
                .orElseThrow()
                .version()
                .toString();
    }

    List<String> files(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .filter(file -> !file.equals("lock"))
                    .sorted()
                    .toList();
        }
    }

    List<String> lines(int generation) throws IOException {
        return store.read(generation).entries().stream()
                .map(entry -> entry.role() + " " + entry.version() + " " + entry.name())
                .toList();
    }
}
