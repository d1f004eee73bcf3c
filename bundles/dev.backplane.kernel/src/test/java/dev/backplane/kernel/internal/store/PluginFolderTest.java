package dev.backplane.kernel.internal.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.kernel.internal.catalogue.Catalogue;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.BundleException;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.framework.launch.Framework;

/** The plugin folder against a real framework. */
class PluginFolderTest {
    @TempDir
    private Path temp;

    private Framework framework;
    private Path plugins;
    private StatusFiles status;
    private JarStore store;
    private Reconciler reconciler;

    @BeforeEach
    void start() throws Exception {
        framework = UpdateBed.framework(temp);
        plugins = Files.createDirectory(temp.resolve("plugins"));
        status = new StatusFiles(plugins);
        store = new JarStore(temp.resolve("store"));
        PluginBundles bundles = new PluginBundles(framework.getBundleContext(), new Origins(store.objects()));
        Updates updates = new Updates(store, bundles, new Catalogue(), new FakeTenants(), step -> {});
        reconciler = new Reconciler(new DropIns(plugins), store, bundles, updates, status);
    }

    @AfterEach
    void stop() throws Exception {
        framework.stop();
        framework.waitForStop(10_000);
    }

    private static byte[] jar(Map<String, String> headers) {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.forEach((name, value) -> manifest.getMainAttributes().putValue(name, value));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JarOutputStream jar = new JarOutputStream(bytes, manifest)) {
            jar.putNextEntry(new JarEntry("data.txt"));
            // Most of the jar, so that damage in its middle is damage to this.
            byte[] data = new byte[10_000];
            new Random(headers.hashCode()).nextBytes(data);
            jar.write(data);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static byte[] plugin(String name, String version, String build) {
        return jar(Map.of(
                "Bundle-ManifestVersion", "2",
                "Bundle-SymbolicName", name,
                "Bundle-Version", version,
                "Build", build));
    }

    /** As an admin should: under another name first. */
    private void drop(String name, byte[] bytes) throws IOException {
        Path part = plugins.resolve(name + ".part");
        Files.write(part, bytes);
        Files.setLastModifiedTime(part, FileTime.from(Instant.now().minusSeconds(60)));
        Files.move(part, plugins.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }

    private List<String> active() {
        return Arrays.stream(framework.getBundleContext().getBundles())
                .filter(bundle -> bundle.getBundleId() != 0 && bundle.getState() == Bundle.ACTIVE)
                .map(bundle -> bundle.getSymbolicName() + " " + bundle.getVersion())
                .toList();
    }

    private String statusOf(String name) throws IOException {
        Path file = plugins.resolve(name + ".status.txt");
        return Files.exists(file) ? Files.readString(file).strip() : "";
    }

    @Test
    void whatAnEarlierProcessSaidOfAJarThatIsGoneIsRemoved() throws Exception {
        Files.writeString(plugins.resolve("gone.jar.status.txt"), "gone.jar is not in use: it is damaged");
        drop("bad.jar", new byte[100]);
        reconciler.reconcile();
        assertEquals("", statusOf("gone.jar"));
        assertTrue(statusOf("bad.jar").startsWith("bad.jar is not in use"), statusOf("bad.jar"));
    }

    @Test
    void aJarThatIsPutInIsStartedAndRecordedAndOneThatIsTakenOutIsUninstalled() throws Exception {
        drop("a.jar", plugin("a", "1.0.0", "x"));
        drop("b.jar", plugin("b", "1.0.0", "x"));
        assertTrue(reconciler.reconcile());
        assertEquals(List.of("a 1.0.0", "b 1.0.0"), active());
        assertEquals(1, store.current().orElseThrow());
        assertEquals(2, store.read(1).entries().size());
        reconciler.reconcile();
        assertEquals(1, store.current().orElseThrow(), "nothing changed");
        Files.delete(plugins.resolve("a.jar"));
        reconciler.reconcile();
        assertEquals(List.of("b 1.0.0"), active());
        assertEquals(2, store.current().orElseThrow());
    }

    @Test
    void aFileThatStillGrowsIsLeftAlone() throws Exception {
        byte[] bytes = plugin("a", "1.0.0", "x");
        Files.write(plugins.resolve("a.jar"), Arrays.copyOf(bytes, 100));
        assertFalse(reconciler.reconcile());
        Files.write(plugins.resolve("a.jar"), bytes);
        assertFalse(reconciler.reconcile());
        assertEquals("", statusOf("a.jar"));
        assertTrue(reconciler.reconcile());
        assertEquals(List.of("a 1.0.0"), active());
    }

    @Test
    void aDamagedJarIsExplainedAndTheWholeOneTakesItsPlace() throws Exception {
        byte[] bytes = plugin("a", "1.0.0", "x");
        drop("a.jar", Arrays.copyOf(bytes, bytes.length / 2));
        reconciler.reconcile();
        assertEquals(List.of(), active());
        assertTrue(
                statusOf("a.jar").startsWith("a.jar is not in use: it is damaged, or not wholly copied yet"),
                statusOf("a.jar"));
        byte[] flipped = bytes.clone();
        flipped[bytes.length / 2] ^= 0x55;
        drop("a.jar", flipped);
        reconciler.reconcile();
        assertTrue(statusOf("a.jar").contains("it is damaged"), statusOf("a.jar"));
        drop("a.jar", bytes);
        reconciler.reconcile();
        assertEquals(List.of("a 1.0.0"), active());
        assertEquals("", statusOf("a.jar"));
    }

    @Test
    void aDamagedJarInPlaceOfAGoodOneChangesNothing() throws Exception {
        drop("a.jar", plugin("a", "1.0.0", "x"));
        reconciler.reconcile();
        drop("a.jar", new byte[] {'P', 'K', 3, 4});
        reconciler.reconcile();
        assertEquals(List.of("a 1.0.0"), active());
        assertTrue(statusOf("a.jar").endsWith("; a 1.0.0, which was there before, stays in use"), statusOf("a.jar"));
    }

    @Test
    void aPlainJarIsNoPlugin() throws Exception {
        drop("commons.jar", jar(Map.of("Built-By", "somebody")));
        reconciler.reconcile();
        assertEquals(
                "commons.jar is not in use: its manifest has no Bundle-SymbolicName: it is a plain jar, not a plugin; build it with bnd",
                statusOf("commons.jar"));
    }

    @Test
    void aRebuiltPluginOfTheSameVersionIsStartedBeforeTheOldOneStops() throws Exception {
        drop("a.jar", plugin("a", "1.0.0", "x"));
        reconciler.reconcile();
        List<String> events = new ArrayList<>();
        framework.getBundleContext().addBundleListener((SynchronousBundleListener) event -> {
            switch (event.getType()) {
                case BundleEvent.STARTED -> events.add("started");
                case BundleEvent.STOPPED -> events.add("stopped");
                case BundleEvent.UNINSTALLED -> events.add("uninstalled");
                default -> {}
            }
        });
        drop("a.jar", plugin("a", "1.0.0", "y"));
        reconciler.reconcile();
        assertEquals(List.of("started", "stopped", "uninstalled"), events);
        assertEquals(List.of("a 1.0.0"), active());
        assertEquals(2, store.current().orElseThrow());
    }

    @Test
    void aNewPluginThatDoesNotResolveLeavesTheOldOneInUse() throws Exception {
        drop("a.jar", plugin("a", "1.0.0", "x"));
        reconciler.reconcile();
        drop(
                "a.jar",
                jar(Map.of(
                        "Bundle-ManifestVersion", "2",
                        "Bundle-SymbolicName", "a",
                        "Bundle-Version", "2.0.0",
                        "Import-Package", "nowhere.to.be.found")));
        reconciler.reconcile();
        assertEquals(List.of("a 1.0.0"), active());
        assertTrue(statusOf("a.jar").contains("nowhere.to.be.found"), statusOf("a.jar"));
        assertTrue(statusOf("a.jar").contains("stays in use"), statusOf("a.jar"));
    }

    @Test
    void aPluginThatRequiresAnotherWaitsForIt() throws Exception {
        drop(
                "a.jar",
                jar(Map.of(
                        "Bundle-ManifestVersion", "2",
                        "Bundle-SymbolicName", "a",
                        "Require-Capability", "ink;filter:=\"(colour=blue)\"")));
        reconciler.reconcile();
        assertEquals(List.of(), active());
        assertTrue(
                statusOf("a.jar").startsWith("a.jar is not in use: it waits for something that it requires"),
                statusOf("a.jar"));
        drop(
                "b.jar",
                jar(Map.of(
                        "Bundle-ManifestVersion", "2",
                        "Bundle-SymbolicName", "b",
                        "Provide-Capability", "ink;colour=blue")));
        reconciler.reconcile();
        assertEquals(List.of("a 0.0.0", "b 0.0.0"), active());
        assertEquals("", statusOf("a.jar"));
    }

    @Test
    void aBundleWhoseClassesOthersUseIsNotReplaced() throws Exception {
        Path api = temp.resolve("api.jar");
        Files.write(
                api,
                jar(Map.of(
                        "Bundle-ManifestVersion",
                        "2",
                        "Bundle-SymbolicName",
                        "api",
                        "Export-Package",
                        "api;version=1.0.0")));
        Path user = temp.resolve("user.jar");
        Files.write(
                user,
                jar(Map.of("Bundle-ManifestVersion", "2", "Bundle-SymbolicName", "user", "Import-Package", "api")));
        framework.getBundleContext().installBundle(api.toUri().toString());
        framework.getBundleContext().installBundle(user.toUri().toString()).start();
        drop("api-2.jar", plugin("api", "2.0.0", "x"));
        reconciler.reconcile();
        assertTrue(statusOf("api-2.jar").contains("start Backplane anew"), statusOf("api-2.jar"));
    }

    @Test
    void aCopyUnderAnotherNameIsUsedWhenTheFirstIsTakenOut() throws Exception {
        drop("a.jar", plugin("a", "1.0.0", "x"));
        drop("copy of a.jar", plugin("a", "1.0.0", "x"));
        reconciler.reconcile();
        assertEquals(List.of("a 1.0.0"), active());
        assertEquals(
                "copy of a.jar is not in use: it is a copy of a.jar: take one of the two out",
                statusOf("copy of a.jar"));
        Files.delete(plugins.resolve("a.jar"));
        reconciler.reconcile();
        assertEquals(List.of("a 1.0.0"), active());
        assertEquals("", statusOf("copy of a.jar"));
    }

    @Test
    void twoBuildsOfOneVersionAreNotUsedTogetherAndOneWithAnotherVersionMakesWay() throws Exception {
        drop("a.jar", plugin("a", "1.0.0", "x"));
        reconciler.reconcile();
        drop("a-new.jar", plugin("a", "1.0.0", "y"));
        reconciler.reconcile();
        assertEquals(List.of("a 1.0.0"), active());
        assertEquals(
                "a-new.jar is not in use: a.jar is a 1.0.0 too: take it out, or give this one another version",
                statusOf("a-new.jar"));
        drop("a.jar", plugin("a", "0.9.0", "x"));
        reconciler.reconcile();
        reconciler.reconcile();
        assertEquals(List.of("a 0.9.0", "a 1.0.0"), active());
        assertEquals("", statusOf("a-new.jar"));
    }

    @Test
    void aJarThatIsRenamedStaysInUse() throws Exception {
        drop("a.jar", plugin("a", "1.0.0", "x"));
        reconciler.reconcile();
        Files.move(plugins.resolve("a.jar"), plugins.resolve("b.jar"));
        reconciler.reconcile();
        assertEquals(List.of("a 1.0.0"), active());
        assertEquals("", statusOf("b.jar"));
    }

    @Test
    void aCopyInTheStoreIsNotTouchedByWhatHappensToTheOriginal() throws Exception {
        drop("a.jar", plugin("a", "1.0.0", "x"));
        reconciler.reconcile();
        Bundle bundle = framework.getBundleContext().getBundles()[1];
        Files.write(plugins.resolve("a.jar"), new byte[0]);
        assertTrue(bundle.getEntry("data.txt").openStream().readAllBytes().length > 0);
        assertTrue(bundle.getLocation().contains("/store/objects/"), bundle.getLocation());
    }

    @Test
    void anotherBundleThanTheKernelInstallsNoSecondOfTheSameVersion() throws Exception {
        Path first = temp.resolve("first.jar");
        Files.write(first, plugin("a", "1.0.0", "x"));
        Path installer = temp.resolve("installer.jar");
        Files.write(installer, plugin("installer", "1.0.0", "x"));
        framework.getBundleContext().installBundle(first.toUri().toString());
        Bundle other =
                framework.getBundleContext().installBundle(installer.toUri().toString());
        other.start();
        Path second = temp.resolve("second.jar");
        Files.write(second, plugin("a", "1.0.0", "y"));
        assertThrows(
                BundleException.class,
                () -> other.getBundleContext().installBundle(second.toUri().toString()));
    }
}
