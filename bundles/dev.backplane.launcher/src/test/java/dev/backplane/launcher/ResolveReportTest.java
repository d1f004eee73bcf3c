package dev.backplane.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An installation whose bundles do not resolve is refused with the root causes, before anything is started. */
class ResolveReportTest {
    @TempDir
    Path home;

    @BeforeEach
    void installation() throws Exception {
        Files.createDirectories(home.resolve("bundles"));
        Files.createDirectories(home.resolve("etc"));
        try (var out = Files.newOutputStream(home.resolve("etc/framework.properties"))) {
            new Properties().store(out, null);
        }
    }

    @Test
    void aPackageThatNobodyExportsIsNamedOnceAndItsDependentsAreCounted() throws Exception {
        bundle("broken", "Import-Package", "no.such", "Export-Package", "broken.api");
        bundle("dependent", "Import-Package", "broken.api");
        assertEquals("""
                2 bundles do not resolve:
                  broken 1.0.0 needs the package (osgi.wiring.package=no.such), which no bundle exports
                  and 1 that need these""", refusal());
    }

    @Test
    void aPackageOfAnotherVersionIsShownWithTheVersionThatIsThere() throws Exception {
        bundle("old", "Export-Package", "a.b;version=1.4");
        bundle("new", "Import-Package", "a.b;version=\"[2,3)\"");
        assertEquals("""
                1 bundles do not resolve:
                  new 1.0.0 needs the package (&(osgi.wiring.package=a.b)(version>=2.0.0)(!(version>=3.0.0))); there is 1.4.0 of old 1.0.0""", refusal());
    }

    @Test
    void aMissingCapabilityIsNamed() throws Exception {
        bundle("board", "Require-Capability", "backplane.cpu;filter:=\"(type=soft)\"");
        assertEquals("""
                1 bundles do not resolve:
                  board 1.0.0 needs the capability backplane.cpu (type=soft), which no bundle offers""", refusal());
    }

    @Test
    void whatACommandDoesWithoutIsNotLookedAtUnlessItOffersMore() throws Exception {
        bundle(
                "tool",
                "Provide-Capability",
                "backplane.command;command=tool;without:List<String>=\"backplane.device\"");
        bundle("device", "Import-Package", "a", "Provide-Capability", "backplane.device;type=x");
        bundle("library", "Import-Package", "b");
        bundle("two", "Import-Package", "c", "Provide-Capability", "backplane.device;type=y,backplane.storage;type=z");
        assertEquals("""
                2 bundles do not resolve:
                  library 1.0.0 needs the package (osgi.wiring.package=b), which no bundle exports
                  two 1.0.0 needs the package (osgi.wiring.package=c), which no bundle exports""", refusal("tool", "device"));
        assertEquals("""
                3 bundles do not resolve:
                  device 1.0.0 needs the package (osgi.wiring.package=a), which no bundle exports
                  library 1.0.0 needs the package (osgi.wiring.package=b), which no bundle exports
                  two 1.0.0 needs the package (osgi.wiring.package=c), which no bundle exports""", refusal("-h", "tool"));
    }

    private String refusal(String... arguments) {
        var launcher = new Launcher(new Installation(home));
        return assertThrows(LaunchException.class, () -> launcher.run(arguments))
                .getMessage();
    }

    private void bundle(String name, String... headers) throws Exception {
        BundleFile.write(home.resolve("bundles"), name, headers);
    }
}
