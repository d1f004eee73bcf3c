package dev.backplane.kernel.internal.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.plugin.InstalledPlugin;
import dev.backplane.api.plugin.PluginException;
import dev.backplane.api.plugin.PluginGeneration;
import dev.backplane.api.plugin.UpdateReport;
import dev.backplane.api.plugin.UpdateReport.Outcome;
import dev.backplane.api.plugin.UpdateRequest;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.store.Generation.Role;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.Constants;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.framework.hooks.bundle.CollisionHook;
import org.osgi.framework.hooks.service.FindHook;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRevision;

/** Updates in a real framework, on machines that do what a test says. */
class UpdatesTest {
    private static final String PLUGIN = "test.plugin";

    @TempDir
    private Path temp;

    private final Catalogue catalogue = new Catalogue();
    private final FakeTenants tenants = new FakeTenants();
    private final List<String> told = new ArrayList<>();
    private Framework framework;
    private JarStore store;
    private Updates updates;
    private Step.Listener steps = step -> {};
    private long generations;

    @BeforeEach
    void start() throws Exception {
        framework = new FrameworkFactory()
                .newFramework(Map.of(
                        Constants.FRAMEWORK_STORAGE,
                        temp.resolve("framework").toString(),
                        Constants.FRAMEWORK_BSNVERSION,
                        Constants.FRAMEWORK_BSNVERSION_MANAGED));
        framework.start();
        var context = framework.getBundleContext();
        context.registerService(CollisionHook.class, new StoreCollisions(context), null);
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

    private Updates updates() {
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

    private Path jar(String name, String version, Map<String, String> more) throws IOException {
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

    private Path plugin(String version, Map<String, String> more) throws IOException {
        Map<String, String> headers = new HashMap<>(Map.of("Provide-Capability", "backplane.storage;type=test"));
        headers.putAll(more);
        return jar(PLUGIN, version, headers);
    }

    private Path plugin(String version) throws IOException {
        return plugin(version, Map.of());
    }

    /** As the launcher does. */
    private Bundle product(Path jar) throws Exception {
        Bundle bundle = framework.getBundleContext().installBundle("reference:" + jar.toUri());
        bundle.start(Bundle.START_TRANSIENT);
        return bundle;
    }

    private void machines(Bundle bundle, String... names) {
        for (String name : names) {
            tenants.holds.put(name, catalogue.of(bundle.getBundleId()).getFirst());
        }
    }

    private UpdateRequest request(Path... jars) {
        return new UpdateRequest(Arrays.stream(jars).map(Path::toString).toList(), false, Optional.empty(), Set.of());
    }

    private UpdateReport update(Path... jars) throws PluginException {
        return updates.update(request(jars), told::add);
    }

    private List<String> active() {
        return Arrays.stream(framework.getBundleContext().getBundles())
                .filter(bundle -> bundle.getBundleId() != 0)
                .map(bundle -> bundle.getSymbolicName() + " " + bundle.getVersion()
                        + (bundle.getState() == Bundle.ACTIVE ? "" : " " + bundle.getState()))
                .toList();
    }

    private Map<String, String> held() {
        Map<String, String> held = new HashMap<>();
        tenants.holds.forEach((vm, offer) -> held.put(vm, offer.version().toString()));
        return held;
    }

    private String chosen(String vm) {
        return catalogue
                .choose(vm, Kind.STORAGE, "test", Optional.empty())
                .orElseThrow()
                .version()
                .toString();
    }

    private List<String> files(Path folder) throws IOException {
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

    private List<String> lines(int generation) throws IOException {
        return store.read(generation).entries().stream()
                .map(entry -> entry.role() + " " + entry.version() + " " + entry.name())
                .toList();
    }

    @Test
    void everyMachineMovesAndTheOldBundleGoes() throws Exception {
        Bundle old = product(plugin("1.0.0"));
        machines(old, "web1", "web2");
        UpdateReport report = update(plugin("1.1.0"));
        assertEquals(Outcome.COMMITTED, report.outcome());
        assertEquals(
                "disk0 of web1 and web2 pause; state test/3 -> test/3; 1 bundle refreshes; nothing else",
                told.getFirst());
        assertEquals(List.of("rehearse web1", "rehearse web2", "move web1", "move web2"), tenants.events);
        assertEquals(Map.of("web1", "1.1.0", "web2", "1.1.0"), held());
        assertEquals(List.of(PLUGIN + " 1.1.0"), active());
        assertEquals(1, store.current().orElseThrow());
        assertEquals(List.of("BUNDLE 1.1.0 test.plugin.jar", "WITHOUT 1.0.0 test.plugin.jar"), lines(1));
        assertEquals(List.of(), files(temp.resolve("store/under-way")));
        assertEquals("test.plugin 1.1.0 is in use; generation 1", report.text());
    }

    @Test
    void aDryRunTellsTheImpactAndLeavesNothing() throws Exception {
        machines(product(plugin("1.0.0")), "web1");
        UpdateReport report = updates.update(
                new UpdateRequest(List.of(plugin("1.1.0").toString()), true, Optional.empty(), Set.of()), told::add);
        assertEquals(Outcome.DRY_RUN, report.outcome());
        assertEquals(List.of("disk0 of web1 pauses; state test/3 -> test/3; 1 bundle refreshes; nothing else"), told);
        assertEquals(List.of(), tenants.events);
        assertEquals(List.of(PLUGIN + " 1.0.0"), active());
        assertEquals(List.of(), files(temp.resolve("store")));
        assertEquals("1.0.0", chosen("web1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "preview web2",
                "rehearse web2",
                "move web2",
                "health web2",
                "health web1",
                "resolve",
                "silent",
                "type",
                "store"
            })
    void whateverFailsIsTakenBack(String what) throws Exception {
        Bundle old = product(plugin("1.0.0"));
        machines(old, "web1", "web2");
        tenants.failures.add(what);
        Map<String, String> headers = switch (what) {
            case "resolve" -> Map.of("Import-Package", "nowhere.to.be.found");
            case "silent" -> Map.of("Silent", "yes");
            case "type" -> Map.of("Provide-Capability", "backplane.storage;type=other");
            default -> Map.of();
        };
        if (what.equals("store")) {
            // A folder where a file is to be.
            Files.createDirectories(temp.resolve("store/current"));
            Files.writeString(temp.resolve("store/current/x"), "");
        }
        Path jar = plugin("1.1.0", headers);
        PluginException failure = assertThrows(PluginException.class, () -> update(jar));
        assertTrue(failure.getMessage().startsWith("test.plugin 1.1.0 is not taken: "), failure.getMessage());
        assertTrue(
                failure.getMessage().endsWith(". test.plugin 1.0.0 runs on, and nothing was left behind."),
                failure.getMessage());
        String reason = switch (what) {
            case "resolve" -> "nowhere.to.be.found";
            case "silent" -> "it declares storage test and does not offer it";
            case "type" -> "the new version does not offer their type any more";
            case "store" -> "the generation cannot be written down";
            case "health web1", "health web2" -> "has failed on the new version: it burns";
            default -> what.replace(" ", " of ") + " failed";
        };
        assertTrue(failure.getMessage().contains(reason), failure.getMessage());
        assertEquals(Map.of("web1", "1.0.0", "web2", "1.0.0"), held());
        assertEquals(List.of(PLUGIN + " 1.0.0"), active());
        assertEquals(what.equals("store") ? List.of("current/x") : List.of(), files(temp.resolve("store")));
        assertEquals("1.0.0", chosen("web1"));
        assertEquals(
                Optional.empty(), catalogue.reservedFor(old.getBundleId()), "everybody may have the old one again");
    }

    @Test
    void aBayThatHasLostItsPartGetsOneOfTheOldPluginAgain() throws Exception {
        machines(product(plugin("1.0.0")), "web1", "web2");
        tenants.failures.addAll(Set.of("move web2", "lose web2"));
        PluginException failure = assertThrows(PluginException.class, () -> update(plugin("1.1.0")));
        assertEquals(
                "test.plugin 1.1.0 is not taken: move of web2 failed. test.plugin 1.0.0 runs on, and nothing was left behind.",
                failure.getMessage());
        assertEquals(Map.of("web1", "1.0.0", "web2", "1.0.0"), held());
        assertEquals("refill web2", tenants.events.getLast());
        assertFalse(tenants.events.contains("refill web1"), tenants.events.toString());
    }

    @Test
    void aBayThatStaysWithoutAPartIsNamedWithTheWayOut() throws Exception {
        machines(product(plugin("1.0.0")), "web1", "web2");
        tenants.failures.addAll(Set.of("move web2", "lose web2", "refill web2"));
        PluginException failure = assertThrows(PluginException.class, () -> update(plugin("1.1.0")));
        assertEquals(
                "test.plugin 1.1.0 is not taken: move of web2 failed. test.plugin 1.0.0 stays, and nothing was left behind, "
                        + "but web2/disk0 has no part (it burns): 'bay restart web2 disk0' tries again. No other bay has lost its part.",
                failure.getMessage());
        assertEquals(Map.of("web1", "1.0.0"), held());
        assertEquals(List.of(PLUGIN + " 1.0.0"), active());
        assertEquals(List.of(), files(temp.resolve("store")));
        tenants.failures.clear();
        tenants.refill("web2", catalogue.all());
        assertEquals(Outcome.COMMITTED, update(plugin("1.2.0")).outcome());
    }

    @Test
    void aMachineThatHasEndedBySuchALossIsSaidToHaveEnded() throws Exception {
        machines(product(plugin("1.0.0")), "web1");
        tenants.failures.addAll(Set.of("move web1", "lose web1"));
        tenants.ended.add("web1");
        PluginException failure = assertThrows(PluginException.class, () -> update(plugin("1.1.0")));
        assertTrue(
                failure.getMessage().contains("but web1 has ended (disk0: it burns). No other"), failure.getMessage());
    }

    @Test
    void aCanaryThatIsLostOnTheWayBackHoldsTheUpdateNoLonger() throws Exception {
        machines(product(plugin("1.0.0")), "web1", "web2");
        var request = new UpdateRequest(List.of(plugin("1.1.0").toString()), false, Optional.of("web2"), Set.of());
        updates.update(request, told::add);
        tenants.failures.add("back web2");
        PluginException stuck = assertThrows(PluginException.class, () -> updates.rollback(told::add));
        assertTrue(stuck.getMessage().contains("the update waits on"), stuck.getMessage());
        tenants.failures.addAll(Set.of("lose web2", "refill web2"));
        UpdateReport report = updates.rollback(told::add);
        assertEquals(Outcome.ROLLED_BACK, report.outcome());
        assertTrue(report.text().contains("'bay restart web2 disk0' tries again"), report.text());
        assertEquals(List.of(PLUGIN + " 1.0.0"), active());
    }

    @Test
    void aCanaryMovesAloneAndTheOthersFollow() throws Exception {
        machines(product(plugin("1.0.0")), "web1", "web2");
        var request = new UpdateRequest(List.of(plugin("1.1.0").toString()), false, Optional.of("web2"), Set.of());
        assertEquals(Outcome.CANARY, updates.update(request, told::add).outcome());
        assertEquals(Map.of("web1", "1.0.0", "web2", "1.1.0"), held());
        assertEquals("1.0.0", chosen("web1"), "a machine that starts meanwhile gets the old one");
        assertEquals(
                List.of("", "on trial: web2"),
                updates.plugins().stream().map(InstalledPlugin::standing).toList());
        PluginException busy = assertThrows(PluginException.class, () -> update(plugin("1.2.0")));
        assertTrue(busy.getMessage().contains("waits for 'plugin commit' or 'plugin rollback'"), busy.getMessage());
        assertEquals(Outcome.COMMITTED, updates.commit(told::add).outcome());
        assertEquals(Map.of("web1", "1.1.0", "web2", "1.1.0"), held());
        assertEquals(List.of(PLUGIN + " 1.1.0"), active());
        assertThrows(PluginException.class, () -> updates.commit(told::add));
    }

    @Test
    void aCanaryMovesBack() throws Exception {
        machines(product(plugin("1.0.0")), "web1", "web2");
        var request = new UpdateRequest(List.of(plugin("1.1.0").toString()), false, Optional.of("web2"), Set.of());
        updates.update(request, told::add);
        UpdateReport report = updates.rollback(told::add);
        assertEquals(Outcome.ROLLED_BACK, report.outcome());
        assertEquals(
                "test.plugin 1.1.0 was given up; test.plugin 1.0.0 runs on, and nothing was left behind",
                report.text());
        assertEquals(Map.of("web1", "1.0.0", "web2", "1.0.0"), held());
        assertEquals(List.of(PLUGIN + " 1.0.0"), active());
        assertEquals(List.of(), files(temp.resolve("store")));
    }

    @Test
    void aCanaryThatCouldNotMoveBackIsRefused() throws Exception {
        machines(product(plugin("1.0.0")), "web1");
        tenants.wayBack = false;
        var request = new UpdateRequest(List.of(plugin("1.1.0").toString()), false, Optional.of("web1"), Set.of());
        PluginException refused = assertThrows(PluginException.class, () -> updates.update(request, told::add));
        assertTrue(refused.getMessage().contains("no way back after commit"), refused.getMessage());
        assertEquals(List.of(), tenants.events);
        assertEquals(List.of(PLUGIN + " 1.0.0"), active());
    }

    @Test
    void whatCannotMoveBackKeepsBothVersionsUntilItCan() throws Exception {
        machines(product(plugin("1.0.0")), "web1", "web2");
        tenants.failures.addAll(Set.of("move web2", "back web1"));
        Path jar = plugin("1.1.0");
        PluginException failure = assertThrows(PluginException.class, () -> update(jar));
        assertTrue(failure.getMessage().contains("both versions stay"), failure.getMessage());
        assertEquals(Map.of("web1", "1.1.0", "web2", "1.0.0"), held());
        assertEquals(Optional.empty(), store.current().stream().boxed().findAny(), "no generation of it");
        tenants.failures.clear();
        updates.rollback(told::add);
        assertEquals(Map.of("web1", "1.0.0", "web2", "1.0.0"), held());
        assertEquals(List.of(PLUGIN + " 1.0.0"), active());
    }

    @Test
    void aPinnedMachineStaysAndIsStillPinnedInTheNextProcess() throws Exception {
        Bundle old = product(plugin("1.0.0"));
        machines(old, "web1", "web2");
        updates.update(
                new UpdateRequest(List.of(plugin("1.1.0").toString()), false, Optional.empty(), Set.of("web2")),
                told::add);
        assertEquals(
                "disk0 of web1 pauses; state test/3 -> test/3; web2 stays with what it has; no bundle refreshes; nothing else",
                told.getFirst());
        assertEquals(Map.of("web1", "1.1.0", "web2", "1.0.0"), held());
        assertEquals(List.of(PLUGIN + " 1.0.0", PLUGIN + " 1.1.0"), active());
        assertEquals("1.0.0", chosen("web2"));
        assertEquals("1.1.0", chosen("web3"));
        assertEquals(List.of("BUNDLE 1.1.0 test.plugin.jar", "PIN 1.0.0 web2"), lines(1));

        catalogue.release(old.getBundleId());
        System.setProperty(FirstLook.GENERATION, "1");
        try {
            new FirstLook(
                            store,
                            new PluginBundles(framework.getBundleContext(), new Origins(store.objects())),
                            catalogue)
                    .take(framework.getBundleContext());
        } finally {
            System.clearProperty(FirstLook.GENERATION);
        }
        assertEquals("1.0.0", chosen("web2"));
        assertEquals("1.1.0", chosen("web1"));
    }

    @Test
    void aPinEndsWithTheBundleThatWasKeptForIt() throws Exception {
        machines(product(plugin("1.0.0")), "web1", "web2", "web3");
        updates.update(
                new UpdateRequest(List.of(plugin("1.1.0").toString()), false, Optional.empty(), Set.of("web2", "web3")),
                told::add);
        told.clear();
        tenants.failures.add("move web2");
        assertThrows(PluginException.class, () -> updates.unpin("web2", told::add));
        assertEquals("1.0.0", chosen("web2"), "it stays pinned");
        tenants.failures.clear();
        updates.unpin("web2", told::add);
        assertEquals(Map.of("web1", "1.1.0", "web2", "1.1.0", "web3", "1.0.0"), held());
        assertEquals("1.1.0", chosen("web2"));
        assertEquals(List.of("BUNDLE 1.1.0 test.plugin.jar", "PIN 1.0.0 web3"), lines(2));
        assertEquals(2, active().size());
        tenants.holds.remove("web3");
        updates.unpin("web3", told::add);
        assertEquals(List.of("BUNDLE 1.1.0 test.plugin.jar", "WITHOUT 1.0.0 test.plugin.jar"), lines(3));
        assertEquals(List.of(PLUGIN + " 1.1.0"), active());
        assertThrows(PluginException.class, () -> updates.unpin("web3", told::add));
    }

    @Test
    void theInstallationsOwnJarComesBack() throws Exception {
        Path own = plugin("1.0.0");
        machines(product(own), "web1");
        update(plugin("1.1.0"));
        update(own);
        assertEquals(Map.of("web1", "1.0.0"), held());
        assertEquals(List.of("BUNDLE 1.0.0 test.plugin.jar", "WITHOUT 1.0.0 test.plugin.jar"), lines(2));
        PluginException twice = assertThrows(PluginException.class, () -> update(own));
        assertTrue(twice.getMessage().contains("is in use already"), twice.getMessage());
    }

    @Test
    void aRebuiltJarOfTheSameVersionTakesOver() throws Exception {
        machines(product(plugin("1.0.0")), "web1");
        update(plugin("1.0.0", Map.of("Build", "2")));
        assertEquals(List.of("BUNDLE 1.0.0 test.plugin.jar", "WITHOUT 1.0.0 test.plugin.jar"), lines(1));
        assertEquals(1, active().size());
        assertEquals("update", updates.plugins().getFirst().from());
    }

    @Test
    void whatThisProcessStandsOnIsRefusedWithTheWayOut() throws Exception {
        product(jar("test.api", "1.0.0", Map.of("Export-Package", "test.api;version=1.0.0")));
        product(jar("test.kernel", "1.0.0", Map.of("Import-Package", "test.api")));
        machines(product(plugin("1.0.0", Map.of("Import-Package", "test.api"))), "web1");
        for (String name : List.of("test.api", "test.kernel")) {
            Path jar = jar(name, "2.0.0", Map.of());
            PluginException refused = assertThrows(PluginException.class, () -> update(jar));
            assertTrue(refused.getMessage().contains("it cannot change while machines run"), refused.getMessage());
            assertTrue(refused.getMessage().contains("start Backplane anew"), refused.getMessage());
        }
        assertEquals(3, active().size());
        assertEquals(List.of(), files(temp.resolve("store")));
    }

    @Test
    void aLibraryIsUpdatedWithThePluginsThatStandOnIt() throws Exception {
        product(jar("test.library", "1.0.0", Map.of("Export-Package", "test.library;version=1.0.0")));
        machines(product(plugin("1.0.0", Map.of("Import-Package", "test.library;version=\"[1,2)\""))), "web1");
        update(jar("test.library", "1.1.0", Map.of("Export-Package", "test.library;version=1.1.0")));
        assertEquals("disk0 of web1 pauses; state test/3 -> test/3; 2 bundles refresh; nothing else", told.getFirst());
        assertEquals(
                List.of("move web1"),
                tenants.events.stream().filter(each -> each.startsWith("move")).toList());
        assertEquals(List.of("test.library 1.1.0", PLUGIN + " 1.0.0"), active());
        Bundle plugin = framework.getBundleContext().getBundles()[2];
        assertEquals(
                List.of("1.1.0"),
                Footing.beneath(plugin).stream()
                        .map(bundle -> bundle.getVersion().toString())
                        .toList());
        // Its packages are of the same version still, and it imports its own.
        update(jar(
                "test.library",
                "1.1.1",
                Map.of(
                        "Export-Package",
                        "test.library;version=1.1.0",
                        "Import-Package",
                        "test.library;version=1.1.0")));
        assertEquals(List.of("test.library 1.1.1", PLUGIN + " 1.0.0"), active());
    }

    private static final Map<String, String> SERVES = Map.of(
            "Provide-Capability",
            "osgi.service;objectClass:List<String>=\"java.lang.Runnable\"",
            "Service-Component",
            "OSGI-INF/service.xml");

    /** Offers services and finds them, as components do; the result is who is served by which version. */
    private Map<Bundle, String> services(List<String> heard) {
        Map<Bundle, String> served = new HashMap<>();
        framework.getBundleContext().addBundleListener((SynchronousBundleListener) event -> {
            Bundle bundle = event.getBundle();
            BundleContext context = bundle.getBundleContext();
            if (event.getType() == BundleEvent.STARTED) {
                if (bundle.getHeaders("").get("Service-Component") != null) {
                    context.registerService(Runnable.class, () -> {}, null);
                } else if (bundle.getSymbolicName().equals(PLUGIN)) {
                    var found = context.getServiceReference(Runnable.class);
                    context.getService(found);
                    served.put(bundle, found.getBundle().getVersion().toString());
                    try {
                        context.addServiceListener(
                                each -> heard.add(each.getServiceReference().getBundle() + " for " + bundle),
                                "(objectClass=java.lang.Runnable)");
                    } catch (InvalidSyntaxException e) {
                        throw new AssertionError(e);
                    }
                }
            }
        });
        return served;
    }

    @Test
    void aLibraryThatOffersAServiceIsUpdatedWithThePluginsThatNeedIt() throws Exception {
        List<String> heard = new ArrayList<>();
        Map<Bundle, String> served = services(heard);
        product(jar("test.library", "1.0.0", SERVES));
        Map<String, String> needs = Map.of(
                "Require-Capability", "osgi.service;filter:=\"(objectClass=java.lang.Runnable)\";effective:=active");
        machines(product(plugin("1.0.0", needs)), "web1");
        tenants.failures.add("move web1");
        Path next = jar("test.library", "1.1.0", SERVES);
        assertThrows(PluginException.class, () -> update(next));
        assertEquals(List.of("test.library 1.0.0", PLUGIN + " 1.0.0"), active());
        tenants.failures.clear();
        update(next);
        assertEquals("disk0 of web1 pauses; state test/3 -> test/3; 2 bundles refresh; nothing else", told.getFirst());
        assertEquals(List.of("test.library 1.1.0", PLUGIN + " 1.0.0"), active());
        Bundle plugin = framework.getBundleContext().getBundles()[2];
        assertEquals("1.1.0", served.get(plugin));
        assertEquals(List.of(), heard, "neither hears of the other's, and who needs a service goes before it does");
        assertNull(framework.getBundleContext().getServiceReference(FindHook.class));
    }

    @Test
    void aServiceThatOthersThanPluginsNeedBelongsToTheProcess() throws Exception {
        product(jar("test.library", "1.0.0", SERVES));
        product(jar(
                "test.process",
                "1.0.0",
                Map.of(
                        "Require-Capability",
                        "osgi.service;filter:=\"(objectClass=java.lang.Runnable)\";effective:=active")));
        Path next = jar("test.library", "1.1.0", SERVES);
        PluginException refused = assertThrows(PluginException.class, () -> update(next));
        assertTrue(
                refused.getMessage().contains("test.process 1.0.0 needs what test.library 1.0.0 offers"),
                refused.getMessage());
    }

    @Test
    void aCommandThatStandsOnALibraryComesAlongAndWhatBelongsToTheProcessDoesNot() throws Exception {
        product(jar("test.library", "1.0.0", Map.of("Export-Package", "test.library;version=1.0.0")));
        Map<String, String> uses = Map.of("Import-Package", "test.library;version=\"[1,2)\"");
        Map<String, String> command = new HashMap<>(uses);
        command.put("Provide-Capability", "backplane.command;command=tool");
        product(jar("test.tool", "1.0.0", command));
        update(jar("test.library", "1.1.0", Map.of("Export-Package", "test.library;version=1.1.0")));
        assertEquals("no machine pauses; 2 bundles refresh; nothing else", told.getLast());
        assertEquals(List.of("test.library 1.1.0", "test.tool 1.0.0"), active());
        product(jar("test.process", "1.0.0", uses));
        Path library = jar("test.library", "1.2.0", Map.of("Export-Package", "test.library;version=1.2.0"));
        PluginException refused = assertThrows(PluginException.class, () -> update(library));
        assertTrue(
                refused.getMessage().contains("test.process 1.0.0 is wired to test.library 1.1.0"),
                refused.getMessage());
    }

    @Test
    void whatDoesTheProcessesWorkStaysThoughOnlyCommandsStandOnIt() throws Exception {
        Map<String, String> shell =
                Map.of("Export-Package", "test.shell;version=1.0.0", "Service-Component", "OSGI-INF/shell.xml");
        product(jar("test.shell", "1.0.0", shell));
        product(jar(
                "test.tool",
                "1.0.0",
                Map.of("Import-Package", "test.shell", "Provide-Capability", "backplane.command;command=tool")));
        Path next = jar("test.shell", "1.1.0", shell);
        PluginException refused = assertThrows(PluginException.class, () -> update(next));
        assertTrue(refused.getMessage().contains("test.shell 1.0.0 does the process's own work"), refused.getMessage());
        assertEquals(List.of("test.shell 1.0.0", "test.tool 1.0.0"), active());
    }

    @Test
    void aSetIsResolvedFromItself() throws Exception {
        product(jar("test.library", "1.0.0", Map.of("Export-Package", "test.library;version=1.0.0")));
        machines(product(plugin("1.0.0", Map.of("Import-Package", "test.library;version=\"[1,2)\""))), "web1");
        Path library = jar("test.library", "2.0.0", Map.of("Export-Package", "test.library;version=2.0.0"));
        PluginException alone = assertThrows(PluginException.class, () -> update(library));
        assertTrue(alone.getMessage().contains("is wired to test.library 1.0.0, which is to go"), alone.getMessage());
        assertEquals(List.of("test.library 1.0.0", PLUGIN + " 1.0.0"), active());
        update(plugin("2.0.0", Map.of("Import-Package", "test.library;version=\"[2,3)\"")), library);
        assertEquals(List.of(PLUGIN + " 2.0.0", "test.library 2.0.0"), active());
        assertEquals(Map.of("web1", "2.0.0"), held());
    }

    @Test
    void aHundredUpdatesLeaveOneBundle() throws Exception {
        machines(product(plugin("1.0.0")), "web1");
        for (int i = 1; i <= 100; i++) {
            update(plugin("1.0." + i));
        }
        assertEquals(List.of(PLUGIN + " 1.0.100"), active());
        assertEquals(1, catalogue.all().size());
        assertEquals(10, files(temp.resolve("store/generations")).size());
        assertEquals(100, store.current().orElseThrow());
        List<PluginGeneration> history = updates.history();
        assertTrue(history.getFirst().current());
        assertEquals(99, history.getFirst().before());
        assertEquals(
                List.of("test.plugin 1.0.100", "in place of the installation's test.plugin 1.0.0"),
                history.getFirst().plugins());
    }

    /** Takes a picture of the store behind every step, as a kill would leave it, and begins anew with each. */
    @ParameterizedTest
    @EnumSource(Step.class)
    void aKillBehindAnyStepLeavesTheLastCompleteSet(Step at) throws Exception {
        machines(product(plugin("1.0.0")), "web1", "web2");
        update(plugin("1.1.0"));
        Map<Step, Path> pictures = new EnumMap<>(Step.class);
        steps = step -> {
            try {
                Path picture = Files.createTempDirectory(temp, "picture");
                copy(temp.resolve("store"), picture);
                pictures.put(step, picture);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
        update(plugin("1.2.0"));
        Path picture = pictures.get(at);
        JarStore after = new JarStore(picture);
        after.recover();
        boolean complete = at.compareTo(Step.CURRENT) >= 0;
        assertEquals(complete ? 2 : 1, after.current().orElseThrow());
        List<String> versions = after.read(after.current().orElseThrow()).of(Role.BUNDLE).stream()
                .map(entry -> entry.version().toString())
                .toList();
        assertEquals(List.of(complete ? "1.2.0" : "1.1.0"), versions);
        for (var entry : after.read(after.current().orElseThrow()).of(Role.BUNDLE)) {
            assertTrue(Files.exists(
                    picture.resolve("objects").resolve(entry.sha256()).resolve(entry.name())));
        }
        assertEquals(List.of(), files(picture.resolve("under-way")));
        int objects = files(picture.resolve("objects")).size();
        // A generation that was written and is not current keeps what it names, for whoever counts on.
        assertEquals(at.compareTo(Step.WRITTEN) >= 0 ? 2 : 1, objects);
        assertFalse(
                files(picture).stream().anyMatch(file -> file.endsWith(".part")),
                files(picture).toString());
    }

    /** The process that made it is dead in the copy. */
    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                String name = from.relativize(file)
                        .toString()
                        .replace(ProcessHandle.current().pid() + "-", "999999999-");
                if (Files.isRegularFile(file)) {
                    Files.createDirectories(to.resolve(name).getParent());
                    Files.copy(file, to.resolve(name));
                }
            }
        }
    }

    @Test
    void whatIsNoPluginIsRefusedByName() throws Exception {
        Path text = Files.writeString(temp.resolve("notes.jar"), "no jar");
        assertTrue(assertThrows(PluginException.class, () -> update(text))
                .getMessage()
                .startsWith(text + ": it is damaged"));
        Path missing = temp.resolve("missing.jar");
        assertEquals(
                missing + ": there is no such file",
                assertThrows(PluginException.class, () -> update(missing)).getMessage());
        var unknown = new UpdateRequest(List.of(plugin("1.0.0").toString()), false, Optional.of("web9"), Set.of());
        assertTrue(assertThrows(PluginException.class, () -> updates.update(unknown, told::add))
                .getMessage()
                .contains("there is no machine \"web9\""));
    }
}
