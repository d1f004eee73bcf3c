package dev.backplane.kernel.internal.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.plugin.PluginException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.framework.hooks.service.FindHook;

/** Updates of bundles that others stand on. */
class LibraryUpdatesTest extends UpdateBed {
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
}
