package dev.backplane.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.apache.felix.framework.FrameworkFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;

/** Which plugins a process starts with. */
class GenerationsTest {
    private static final String PLUGIN = "test.plugin";

    @TempDir
    private Path temp;

    private Path store;
    private final List<String> said = new ArrayList<>();

    @BeforeEach
    void store() throws IOException {
        store = Files.createDirectory(temp.resolve("store"));
        Files.createDirectory(store.resolve("generations"));
    }

    private Generations generations() {
        return new Generations(store, said::add);
    }

    private void current(int number) throws IOException {
        Files.writeString(store.resolve("current"), Integer.toString(number));
    }

    private void generation(int number, int before, String... lines) throws IOException {
        Files.writeString(
                store.resolve("generations/" + number), "before " + before + "\n" + String.join("\n", lines) + "\n");
        current(number);
    }

    private Path jar(Path folder, String version, String build) throws IOException {
        var manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Bundle-ManifestVersion", "2");
        manifest.getMainAttributes().putValue("Bundle-SymbolicName", PLUGIN);
        manifest.getMainAttributes().putValue("Bundle-Version", version);
        var bytes = new ByteArrayOutputStream();
        try (var jar = new JarOutputStream(bytes, manifest)) {
            jar.putNextEntry(new JarEntry("build"));
            jar.write(build.getBytes(StandardCharsets.UTF_8));
        }
        Files.createDirectories(folder);
        return Files.write(folder.resolve("plugin.jar"), bytes.toByteArray());
    }

    private static String hash(Path file) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }

    /** A jar in the store, and the line that names it. */
    private String stored(String version) throws Exception {
        var jar = jar(temp.resolve("jars").resolve(version), version, "update");
        var folder = Files.createDirectories(store.resolve("objects").resolve(hash(jar)));
        Files.copy(jar, folder.resolve("plugin.jar"));
        return "bundle %s %s %s plugin.jar".formatted(hash(jar), PLUGIN, version);
    }

    @Test
    void withoutAStoreItIsTheInstallationAlone() {
        assertEquals(PluginSet.NONE, new Generations(temp.resolve("nowhere"), said::add).choose());
        assertEquals(List.of(), said);
    }

    @Test
    void aSetThatGotReadyIsTakenWhateverHappensToLaterStarts() throws Exception {
        generation(1, 0, stored("1.1.0"));
        var generations = generations();
        var set = generations.choose();
        assertEquals(1, set.number());
        assertTrue(Files.exists(store.resolve("generations/1.trying")));
        generations.ready(set);
        assertFalse(Files.exists(store.resolve("generations/1.trying")));
        assertEquals(1, generations().choose().number());
        assertFalse(Files.exists(store.resolve("generations/1.trying")), "it need not prove itself again");
    }

    @Test
    void aSetWhoseFirstProcessWasKilledBeforeItWasReadyIsGivenUp() throws Exception {
        generation(1, 0, stored("1.1.0"));
        generation(2, 1, stored("1.2.0"));
        Files.writeString(store.resolve("generations/2.trying"), "999999999");
        assertEquals(1, generations().choose().number());
        assertEquals(
                List.of(
                        "plugin generation 2 did not get ready (the first process that started with it ended before it was ready): back to generation 1; 'plugin history' lists them"),
                said);
        assertEquals("1", Files.readString(store.resolve("current")));
        said.clear();
        assertEquals(1, generations().choose().number());
        assertEquals(List.of(), said, "said once");
    }

    @Test
    void aSetThatAnotherProcessTriesAtThisMomentIsTakenToo() throws Exception {
        generation(1, 0, stored("1.1.0"));
        Files.writeString(
                store.resolve("generations/1.trying"),
                Long.toString(ProcessHandle.current().pid()));
        assertEquals(1, generations().choose().number());
    }

    @Test
    void aSetWithADamagedJarIsGivenUp() throws Exception {
        generation(1, 0, stored("1.1.0"));
        var line = stored("1.2.0");
        generation(2, 1, line);
        Files.writeString(store.resolve("objects").resolve(line.split(" ")[1]).resolve("plugin.jar"), "x");
        assertEquals(1, generations().choose().number());
        assertTrue(said.getFirst().contains("test.plugin 1.2.0 is damaged or missing in the store"), said.toString());
        assertTrue(Files.readString(store.resolve("generations/2.failed")).contains("damaged"));
    }

    @Test
    void oneThatFailedIsNotTriedAgainAlthoughItIsCurrent() throws Exception {
        generation(1, 0, stored("1.1.0"));
        generation(2, 1, stored("1.2.0"));
        var generations = generations();
        generations.failed(generations.choose(), "it does not resolve");
        current(2);
        assertEquals(1, generations().choose().number());
    }

    @Test
    void allFailedLeavesTheInstallationAlone() throws Exception {
        generation(1, 0, stored("1.1.0"));
        var generations = generations();
        generations.failed(generations.choose(), "it does not resolve");
        assertEquals(PluginSet.NONE, generations().choose());
        assertTrue(said.getFirst().endsWith("back to the installation's plugins; 'plugin history' lists them"));
        assertEquals("0", Files.readString(store.resolve("current")));
    }

    @Test
    void whatCannotBeReadLeavesTheInstallationAlone() throws Exception {
        generation(1, 0, "nonsense");
        assertEquals(PluginSet.NONE, generations().choose());
        assertTrue(said.getFirst().contains("plugin generation 1 cannot be read"), said.toString());
    }

    /** Installs a set over an installation's bundle; the versions that are there then. */
    private List<String> installed(String own, String build, String... lines) throws Exception {
        var framework = new FrameworkFactory()
                .newFramework(Map.of(
                        Constants.FRAMEWORK_STORAGE,
                        Files.createTempDirectory(temp, "framework").toString(),
                        Constants.FRAMEWORK_BSNVERSION,
                        Constants.FRAMEWORK_BSNVERSION_MANAGED));
        framework.init();
        try {
            var context = framework.getBundleContext();
            var bundles = new ArrayList<Bundle>();
            bundles.add(context.installBundle(
                    "reference:" + jar(temp.resolve("own"), own, build).toUri()));
            generation(1, 0, lines);
            var outdated = generations().choose().install(context, generations().objects(), bundles, said::add);
            assertEquals(said.isEmpty() ? Set.of() : Set.of(PLUGIN), outdated);
            assertEquals(bundles.size(), context.getBundles().length - 1);
            return bundles.stream()
                    .map(bundle -> bundle.getVersion().toString())
                    .toList();
        } finally {
            framework.stop();
            framework.waitForStop(10_000);
        }
    }

    private String without(String version, String build) throws Exception {
        return "without %s %s %s plugin.jar"
                .formatted(hash(jar(temp.resolve("replaced"), version, build)), PLUGIN, version);
    }

    @Test
    void theReplacedBundleMakesWayAlsoForALowerVersion() throws Exception {
        assertEquals(List.of("1.1.0"), installed("1.0.0", "x", stored("1.1.0"), without("1.0.0", "x")));
        assertEquals(List.of("0.9.0"), installed("1.0.0", "x", stored("0.9.0"), without("1.0.0", "x")));
        assertEquals(List.of("1.0.0"), installed("1.0.0", "x", stored("1.0.0"), without("1.0.0", "x")));
        assertEquals(List.of(), said);
    }

    @Test
    void anInstallationThatGotANewerOneSinceKeepsItAndSaysSo() throws Exception {
        assertEquals(List.of("1.2.0"), installed("1.2.0", "x", stored("1.1.0"), without("1.0.0", "x")));
        assertEquals(
                List.of(
                        "test.plugin 1.2.0 of the installation is newer than 1.1.0, which an update had put in place of an earlier one: it is used from now on"),
                said);
    }

    @Test
    void anInstallationThatGotAnotherOldOneMakesWay() throws Exception {
        assertEquals(List.of("1.1.0"), installed("1.0.1", "x", stored("1.1.0"), without("1.0.0", "x")));
        assertEquals(List.of(), said);
    }

    @Test
    void bothAreThereWhereAMachineIsPinnedToTheInstallations() throws Exception {
        assertEquals(List.of("1.0.0", "1.1.0"), installed("1.0.0", "x", stored("1.1.0")));
        assertEquals(List.of("1.0.0", "1.0.0"), installed("1.0.0", "x", stored("1.0.0")));
    }
}
