package dev.backplane.shell.internal.verb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.plugin.InstalledPlugin;
import dev.backplane.api.plugin.PluginGeneration;
import dev.backplane.api.plugin.PluginManager;
import dev.backplane.api.plugin.UpdateImpact;
import dev.backplane.api.plugin.UpdateReport;
import dev.backplane.api.plugin.UpdateReport.Outcome;
import dev.backplane.api.plugin.UpdateRequest;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.Json;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The commands about plugins, on a manager that writes down what it is asked for. */
class PluginVerbsTest {
    private final List<UpdateRequest> requests = new ArrayList<>();
    private final List<String> said = new ArrayList<>();

    private final PluginManager manager = new PluginManager() {
        @Override
        public UpdateReport update(UpdateRequest request, Consumer<String> listener) {
            requests.add(request);
            listener.accept("disk0 of web1 pauses");
            return report(Outcome.COMMITTED, "qcow2 1.1.0 is in use; generation 4");
        }

        @Override
        public UpdateReport commit(Consumer<String> listener) {
            return report(Outcome.COMMITTED, "committed");
        }

        @Override
        public UpdateReport rollback(Consumer<String> listener) {
            return report(Outcome.ROLLED_BACK, "rolled back");
        }

        @Override
        public void unpin(String vm, Consumer<String> listener) {
            listener.accept("disk0 of " + vm + " pauses");
        }

        @Override
        public List<InstalledPlugin> plugins() {
            return List.of(new InstalledPlugin(
                    "storage.qcow2", "1.1.0", "update", "", List.of("storage qcow2"), List.of("web1/disk0.disk")));
        }

        @Override
        public List<PluginGeneration> history() {
            Instant made = Instant.parse("2030-01-02T03:04:05.678Z");
            return List.of(
                    new PluginGeneration(3, 1, made, false, "it is damaged", List.of("nvme 1.1.0", "qcow2 1.3.0")),
                    new PluginGeneration(2, 1, made, true, "", List.of("nvme 1.1.0", "qcow2 1.2.0")),
                    new PluginGeneration(1, 0, made, false, "", List.of("qcow2 1.2.0")),
                    new PluginGeneration(0, 0, made, false, "", List.of()));
        }
    };

    private static UpdateReport report(Outcome outcome, String text) {
        var pauses = List.of(new UpdateImpact.Pause("web1", List.of("disk0.disk", "disk0")));
        return new UpdateReport(
                outcome,
                new UpdateImpact(
                        List.of("qcow2 1.0.0 -> 1.1.0"), pauses, List.of("qcow2/3 -> qcow2/3"), List.of(), 1, true),
                4,
                text);
    }

    private Answer run(ShellCommand command, String... words) throws Exception {
        new CommandLine(command).parseArgs(words);
        return command.run(new ShellCall() {
            @Override
            public Path folder() {
                return Path.of("/where/the/user/is");
            }

            @Override
            public void say(String line) {
                said.add(line);
            }
        });
    }

    @Test
    void updateTakesPathsFromWhereTheUserStandsAndLeavesUrlsAlone() throws Exception {
        Answer answer = run(
                new PluginUpdate(manager),
                "--dry-run",
                "--canary",
                "web1",
                "--pin",
                "web2",
                "--pin=web3",
                "new/a.jar",
                "/b.jar",
                "https://example.com/c.jar");
        assertEquals(
                List.of(new UpdateRequest(
                        List.of("/where/the/user/is/new/a.jar", "/b.jar", "https://example.com/c.jar"),
                        true,
                        Optional.of("web1"),
                        Set.of("web2", "web3"))),
                requests);
        assertEquals(List.of("disk0 of web1 pauses"), said);
        assertEquals("qcow2 1.1.0 is in use; generation 4\n", answer.text());
        String json = Json.text(answer.data());
        assertTrue(json.contains("\"outcome\": \"committed\""), json);
        assertTrue(json.contains("\"generation\": 4"), json);
    }

    @Test
    void commitAndRollbackSayHowItEnded() throws Exception {
        assertEquals("committed\n", run(new PluginCommit(manager)).text());
        Answer answer = run(new PluginRollback(manager));
        assertEquals("rolled back\n", answer.text());
        assertTrue(Json.text(answer.data()).contains("\"outcome\": \"rolled-back\""), answer.toString());
    }

    @Test
    void unpinNamesTheMachine() throws Exception {
        assertEquals(
                "web1 uses what the others use\n",
                run(new PluginUnpin(manager), "web1").text());
        assertEquals(List.of("disk0 of web1 pauses"), said);
    }

    @Test
    void listAndHistoryAreTables() throws Exception {
        assertEquals("""
                BUNDLE         VERSION  FROM    STANDING  OFFERS         BAYS
                storage.qcow2  1.1.0    update            storage qcow2  web1/disk0.disk
                """, run(new PluginList(manager)).text());
        assertEquals("""
                GENERATION  MADE                  STATE                             BEFORE  CHANGES
                3           2030-01-02T03:04:05Z  did not get ready: it is damaged  1       nvme 1.1.0, qcow2 1.3.0, no longer qcow2 1.2.0
                2           2030-01-02T03:04:05Z  current                           1       nvme 1.1.0
                1           2030-01-02T03:04:05Z                                    0       qcow2 1.2.0
                0           2030-01-02T03:04:05Z                                    0       those of the installation
                """, run(new PluginHistory(manager)).text());
    }
}
