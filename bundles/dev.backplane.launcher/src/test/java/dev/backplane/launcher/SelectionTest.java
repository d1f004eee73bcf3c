package dev.backplane.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.felix.framework.FrameworkFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;

class SelectionTest {
    private static final String COMMAND = "Provide-Capability";

    @TempDir
    Path folder;

    @Test
    void theFirstWordNamesTheCommandAndOptionsBeforeItAreTheShells() {
        assertEquals("disk", Selection.command(new String[] {"disk", "info", "--help"}));
        assertEquals("", Selection.command(new String[] {"--help", "disk"}));
        assertEquals("", Selection.command(new String[] {}));
    }

    @Test
    void aBundleTakesTheCommandLineOfItsCommandAlone() throws Exception {
        with("backplane.command;command=tool;alone=true;without:List<String>=\"shell,backplane.cpu\"", bundles -> {
            assertTrue(selection(bundles, "tool", "x").alone());
            assertFalse(selection(bundles, "-h", "tool").alone());
            assertFalse(selection(bundles, "other", "tool").alone());
        });
    }

    @Test
    void aCommandThatOnlyDoesWithoutSomethingIsTheShells() throws Exception {
        with("backplane.command;command=tool;without:List<String>=backplane.cpu", bundles -> {
            assertFalse(selection(bundles, "tool").alone());
            assertEquals(List.of("tool", "shell"), needed(bundles, "tool"));
        });
    }

    @Test
    void namedBundlesAndBundlesThatOfferOnlySuchPartsAreLeftOut() throws Exception {
        with("backplane.command;command=tool;alone=true;without:List<String>=\"shell,backplane.cpu\"", bundles -> {
            assertEquals(List.of("tool"), needed(bundles, "tool"));
            assertEquals(List.of("tool", "shell", "cpu"), needed(bundles, "run"));
        });
    }

    private static Selection selection(List<Bundle> bundles, String... words) {
        return Selection.of(words, bundles);
    }

    private static List<String> needed(List<Bundle> bundles, String command) {
        return bundles.stream()
                .filter(selection(bundles, command)::needs)
                .map(Bundle::getSymbolicName)
                .toList();
    }

    private void with(String capability, Consumer<List<Bundle>> test) throws Exception {
        BundleFile.write(folder, "tool", COMMAND, capability);
        BundleFile.write(folder, "shell");
        BundleFile.write(folder, "cpu", COMMAND, "backplane.cpu;type=x");
        var framework = new FrameworkFactory()
                .newFramework(Map.of(
                        Constants.FRAMEWORK_STORAGE, folder.resolve("storage").toString()));
        framework.init();
        try {
            var context = framework.getBundleContext();
            test.accept(List.of(
                    context.installBundle(folder.resolve("tool.jar").toUri().toString()),
                    context.installBundle(folder.resolve("shell.jar").toUri().toString()),
                    context.installBundle(folder.resolve("cpu.jar").toUri().toString())));
        } finally {
            framework.stop();
            framework.waitForStop(60_000);
        }
    }
}
