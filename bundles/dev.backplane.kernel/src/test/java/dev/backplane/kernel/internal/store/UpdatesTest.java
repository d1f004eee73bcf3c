package dev.backplane.kernel.internal.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.plugin.InstalledPlugin;
import dev.backplane.api.plugin.PluginException;
import dev.backplane.api.plugin.PluginGeneration;
import dev.backplane.api.plugin.UpdateReport;
import dev.backplane.api.plugin.UpdateReport.Outcome;
import dev.backplane.api.plugin.UpdateRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;

/** Updates that go well, are tried first, and leave machines where they are. */
class UpdatesTest extends UpdateBed {
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
                List.of("test.plugin 1.0.100 in place of 1.0.0"),
                history.getFirst().plugins());
    }
}
