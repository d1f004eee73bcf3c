package dev.backplane.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.felix.framework.FrameworkFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.framework.wiring.FrameworkWiring;

/** What a command needs is what acts and what that is wired to; it is forgotten when the bundles change. */
class ShortlistTest {
    private static final String ACTS = "Service-Component";

    @TempDir
    Path home;

    @BeforeEach
    void installation() throws Exception {
        Files.createDirectories(home.resolve("bundles"));
        Files.createDirectories(home.resolve("lib"));
        bundle(
                "tool",
                ACTS,
                "x",
                "Import-Package",
                "a,d;resolution:=optional",
                "Provide-Capability",
                "backplane.command;command=tool;without:List<String>=\"backplane.device,debugger\"");
        bundle("a", "Export-Package", "a", "Import-Package", "b");
        bundle("b", "Export-Package", "b");
        bundle("c", "Export-Package", "c");
        bundle("d", "Export-Package", "d");
        bundle("debugger", ACTS, "x", "Import-Package", "c");
        bundle("device", ACTS, "x", "Import-Package", "c", "Provide-Capability", "backplane.device;type=x");
        bundle("disk", ACTS, "x", "Provide-Capability", "backplane.storage;type=y");
        keep();
    }

    @Test
    void whatActsAndWhatThatIsWiredToAndCannotDoWithoutIsNeeded() throws Exception {
        assertEquals(Optional.of(Set.of("tool.jar", "a.jar", "b.jar", "disk.jar")), list().of("tool"));
    }

    @Test
    void aCommandThatDoesWithoutNothingNeedsAll() throws Exception {
        assertEquals(Optional.empty(), list().of("other"));
        assertEquals(Optional.empty(), list().of(""));
    }

    @Test
    void anotherBundleOrAChangedOneHasAllInstalled() throws Exception {
        bundle("more");
        assertEquals(Optional.empty(), list().of("tool"));
        Files.delete(home.resolve("bundles/more.jar"));
        assertTrue(list().of("tool").isPresent());
        bundle("c", "Export-Package", "c,cc");
        assertEquals(Optional.empty(), list().of("tool"));
    }

    @Test
    void aListThatIsNoneHasAllInstalled() throws Exception {
        Files.writeString(home.resolve("lib/shortlist"), "");
        assertEquals(Optional.empty(), list().of("tool"));
        Files.delete(home.resolve("lib/shortlist"));
        assertEquals(Optional.empty(), list().of("tool"));
    }

    private Shortlist list() throws LaunchException {
        var installation = new Installation(home);
        return Shortlist.of(installation, installation.bundles());
    }

    private void keep() throws Exception {
        var framework = new FrameworkFactory()
                .newFramework(Map.of(
                        Constants.FRAMEWORK_STORAGE, home.resolve("storage").toString()));
        framework.init();
        try {
            var bundles = new LinkedHashMap<Path, Bundle>();
            for (var file : new Installation(home).bundles()) {
                bundles.put(
                        file,
                        framework.getBundleContext().installBundle(file.toUri().toString()));
            }
            assertTrue(framework.adapt(FrameworkWiring.class).resolveBundles(List.copyOf(bundles.values())));
            list().keep(bundles);
        } finally {
            framework.stop();
            framework.waitForStop(60_000);
        }
    }

    private void bundle(String name, String... headers) throws Exception {
        BundleFile.write(home.resolve("bundles"), name, headers);
    }
}
