package dev.backplane.kernel.internal.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.plugin.PluginException;
import dev.backplane.api.plugin.UpdateReport;
import dev.backplane.api.plugin.UpdateReport.Outcome;
import dev.backplane.api.plugin.UpdateRequest;
import dev.backplane.kernel.internal.store.Generation.Role;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.Bundle;

/** Updates that are refused, fail or are killed on the way. */
class FailedUpdatesTest extends UpdateBed {
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
