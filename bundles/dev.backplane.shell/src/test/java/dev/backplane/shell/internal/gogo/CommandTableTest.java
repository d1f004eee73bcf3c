package dev.backplane.shell.internal.gogo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.Json;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.internal.cli.FakeVms;
import dev.backplane.shell.internal.fleet.Fleet;
import dev.backplane.shell.internal.terminal.ConsoleHub;
import dev.backplane.shell.internal.terminal.FakeHost;
import dev.backplane.shell.internal.terminal.TerminalSwitch;
import dev.backplane.shell.internal.verb.BayList;
import dev.backplane.shell.internal.verb.BayRestart;
import dev.backplane.shell.internal.verb.DeviceAdd;
import dev.backplane.shell.internal.verb.DeviceRemove;
import dev.backplane.shell.internal.verb.Types;
import dev.backplane.shell.internal.verb.VmConsole;
import dev.backplane.shell.internal.verb.VmDefine;
import dev.backplane.shell.internal.verb.VmKill;
import dev.backplane.shell.internal.verb.VmList;
import dev.backplane.shell.internal.verb.VmPause;
import dev.backplane.shell.internal.verb.VmRemove;
import dev.backplane.shell.internal.verb.VmResume;
import dev.backplane.shell.internal.verb.VmSet;
import dev.backplane.shell.internal.verb.VmSetCpu;
import dev.backplane.shell.internal.verb.VmShow;
import dev.backplane.shell.internal.verb.VmStart;
import dev.backplane.shell.internal.verb.VmStop;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The shell's commands on machines that do what a test says. */
class CommandTableTest {
    private final FakeVms vms = new FakeVms();
    private final TerminalSwitch terminal = new TerminalSwitch(new FakeHost(false));
    private final Fleet fleet = new Fleet(vms, terminal);
    private final CommandTable table = new CommandTable();
    private final List<String> said = new ArrayList<>();

    CommandTableTest() {
        add("vm", "list", manager -> new VmList(manager, fleet));
        add("vm", "show", VmShow::new);
        add("vm", "pause", VmPause::new);
        add("vm", "resume", VmResume::new);
        add("vm", "kill", VmKill::new);
        add("vm", "set", manager -> new VmSet(manager, fleet));
        add("vm", "define", manager -> new VmDefine(fleet));
        add("vm", "start", manager -> new VmStart(manager, fleet));
        add("vm", "stop", VmStop::new);
        add("vm", "remove", manager -> new VmRemove(manager, fleet));
        add("vm", "console", manager -> new VmConsole(manager, terminal));
        add("vm", "set-cpu", VmSetCpu::new);
        add("bay", "list", BayList::new);
        add("bay", "restart", BayRestart::new);
        add("device", "add", DeviceAdd::new);
        add("device", "remove", DeviceRemove::new);
        add("types", "", Types::new);
    }

    private void add(String noun, String verb, Function<VmManager, ShellCommand> maker) {
        table.add(noun, verb, new CommandTable.Maker() {
            @Override
            public ShellCommand make() {
                return maker.apply(vms);
            }

            @Override
            public void drop(ShellCommand command) {
                // Nothing holds it.
            }
        });
    }

    private Answer run(String noun, String... words) throws Exception {
        return table.run(noun, Arrays.asList(words), new ShellCall() {
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
    void verbsReachTheMachine() throws Exception {
        assertEquals("demo is paused\n", run("vm", "pause", "demo").text());
        assertEquals("demo goes on\n", run("vm", "resume", "demo").text());
        assertEquals("demo is off\n", run("vm", "kill", "demo").text());
        assertEquals(List.of("pause", "resume", "kill vm kill"), vms.events);
    }

    @Test
    void listAndShowAreTables() throws Exception {
        assertEquals(
                "NAME  STATE    AUTOSTART  NOTE\ndemo  running  -\n",
                run("vm", "list").text());
        String shown = run("vm", "show", "demo").text();
        assertTrue(shown.startsWith("demo: running, 2 of 4 cpus\n\nBAY "), shown);
        assertTrue(shown.contains("com1  device  serial-16550  RUNNING  dev.backplane.device.serial 1.0.0"), shown);
        assertTrue(shown.contains("instructions      2,000,000"), shown);
    }

    @Test
    void aGuestThatHearsThePowerButtonShutsDown() throws Exception {
        vms.onPowerButton = () -> vms.powerOff(0);
        assertEquals("demo has shut down\n", run("vm", "stop", "demo").text());
        assertEquals(List.of("power button"), vms.events);
        assertTrue(run("vm", "list").text().contains("the guest powered off"));
    }

    @Test
    void aGuestThatDoesNotIsEnded() throws Exception {
        Answer answer = run("vm", "stop", "--timeout", "0", "demo");
        assertEquals("demo did not shut down within 0 s and was ended\n", answer.text());
        assertTrue(Json.text(answer.data()).contains("\"forced\": true"));
        assertEquals(List.of("power button", "kill its guest did not shut down within 0 s"), vms.events);
        assertRefused(2, "vm stop: Invalid value for option '--timeout'", "vm", "stop", "--timeout", "x", "demo");
    }

    @Test
    void aMachineThatRunsIsNotForgottenUnasked() throws Exception {
        assertRefused(1, "demo is running: stop it first, or say --kill", "vm", "remove", "demo");
        assertEquals(
                "demo is forgotten\n", run("vm", "remove", "--kill", "demo").text());
        assertEquals(List.of("remove"), vms.events);
    }

    @Test
    void consolesOfThisTerminalAreNotAttachedTo() {
        assertRefused(
                1, "demo: its console is on the terminal of this process: Ctrl-A c goes", "vm", "console", "demo");
        terminal.serve(new ConsoleHub());
        assertRefused(1, "demo: no terminal to attach", "vm", "console", "demo");
    }

    @Test
    void machinesOfThisProcessAloneAreNotStartedByThemselves() {
        assertRefused(1, "demo: only a machine of 'backplane serve'", "vm", "set", "demo", "autostart=true");
        assertRefused(2, "autostart=maybe: true or false was expected", "vm", "set", "demo", "autostart=maybe");
    }

    @Test
    void theSameDataIsJson() throws Exception {
        assertEquals("""
                [
                    {
                        "name": "demo",
                        "state": "running",
                        "autostart": null,
                        "note": ""
                    }
                ]
                """, Json.text(run("vm", "list").data()));
        assertEquals(
                "{ \"message\": \"demo is paused\"}",
                Json.text(run("vm", "pause", "demo").data())
                        .replaceAll("\\s+", " ")
                        .replace(" }", "}")
                        .strip());
        String shown = Json.text(run("vm", "show", "demo").data());
        assertTrue(shown.contains("\"generation\": 2"), shown);
        assertTrue(shown.contains("\"instructions\": 2000000"), shown);
    }

    @Test
    void optionsAreSetBayByBay() throws Exception {
        assertEquals(
                "demo has com1.target=64MiB com1.x=a=b\n",
                run("vm", "set", "demo", "com1.target=64MiB", "com1.x=a=b").text());
        assertEquals(List.of("configure com1 {target=64MiB, x=a=b}"), vms.events);
        assertRefused(2, "com1.target: BAY.OPTION=VALUE was expected", "vm", "set", "demo", "com1.target");
        assertRefused(1, "mem.target: demo has no such bay: it has com1", "vm", "set", "demo", "mem.target=1");
        assertRefused(2, "vm set: Missing required parameter: 'BAY.OPTION=VALUE'", "vm", "set", "demo");
    }

    @Test
    void theSchedulerComesBeforeItsOptions() throws Exception {
        assertEquals(
                "demo has com1.target=1 scheduler={type: fair, weight: 300}\n",
                run("vm", "set", "demo", "com1.target=1", "scheduler={type: fair, weight: 300}")
                        .text());
        assertEquals(List.of("scheduler {type: fair, weight: 300}", "configure com1 {target=1}"), vms.events);
    }

    @Test
    void processorsComeAndGoAfterAllOtherOptions() throws Exception {
        run("vm", "set", "demo", "cpus=3", "com1.target=1");
        run("vm", "set", "demo", "cpus=1", "--within", "5");
        assertEquals(
                List.of("configure com1 {target=1}", "3 processors within 30 s", "1 processors within 5 s"),
                vms.events);
        assertRefused(2, "cpus=many: a number of vCPUs was expected", "vm", "set", "demo", "cpus=many");
        assertRefused(2, "cpus=0: a number of vCPUs was expected", "vm", "set", "demo", "cpus=0");
        VmException refused = assertThrows(VmException.class, () -> run("vm", "set", "demo", "cpus=9"));
        assertEquals("cpus: 9: expected from 1 to 4", refused.getMessage());
        assertTrue(run("vm", "show", "demo").text().startsWith("demo: running, 2 of 4 cpus\n"));
    }

    @Test
    void devicesComeAndGo() throws Exception {
        assertEquals(
                "demo has one more device\n",
                run("device", "add", "demo", "{type: nvme, id: disk1}").text());
        run("device", "add", "demo", "{type: nvme,", "id: disk1}");
        assertEquals(
                "demo is without disk1\n",
                run("device", "remove", "demo", "disk1").text());
        run("device", "remove", "demo", "disk1", "5");
        assertEquals(
                List.of(
                        "add {type: nvme, id: disk1}",
                        "add {type: nvme, id: disk1}",
                        "remove disk1 within PT30S",
                        "remove disk1 within PT5S"),
                vms.events);
        assertRefused(2, "device add: Missing required parameter: 'MAP'", "device", "add", "demo");
        assertRefused(2, "soon: a number of seconds was expected", "device", "remove", "demo", "disk1", "soon");
        VmException refused = assertThrows(VmException.class, () -> run("device", "remove", "demo", "x"));
        assertEquals("demo has no device \"x\"", refused.getMessage());
    }

    @Test
    void unknownMachineNamesThoseThereAre() {
        assertRefused(1, "there is no machine 'web' (demo)", "vm", "pause", "web");
    }

    @Test
    void wordsThatFitNothingAreAnsweredWithWhatDoes() {
        assertRefused(2, "there is no command 'vm boot'. vm knows: console, define, kill, list, pause,", "vm", "boot");
        assertRefused(2, "vm: what of it? vm knows: console, define", "vm");
        assertRefused(2, "vm pause: Missing required parameter: 'NAME' ('help vm pause' tells", "vm", "pause");
        assertRefused(2, "vm kill: 'web' is one argument too many", "vm", "kill", "demo", "web");
        assertRefused(2, "vm kill: unknown option '--now'", "vm", "kill", "--now", "demo");
        assertRefused(2, "types: 'cpu' is one argument too many", "types", "cpu");
    }

    private void assertRefused(int status, String part, String noun, String... words) {
        CommandException refused = assertThrows(CommandException.class, () -> run(noun, words));
        assertTrue(refused.getMessage().contains(part), refused.getMessage());
        assertFalse(refused.getMessage().strip().contains("\n"), refused.getMessage());
        assertEquals(status, refused.status());
    }

    @Test
    void helpIsForAllForANounAndForACommand() throws Exception {
        String all = table.help(List.of()).text();
        assertTrue(all.contains("vm pause       Stop a machine's vCPUs and its clock."), all);
        assertTrue(all.contains("\ntypes          What"), all);
        String some = table.help(List.of("device")).text();
        assertTrue(some.startsWith("device add "), some);
        assertFalse(some.contains("vm pause"), some);
        String one = table.help(List.of("vm", "set")).text();
        assertTrue(one.startsWith("Usage: vm set [-h] [--within=SECONDS] NAME BAY.OPTION=VALUE..."), one);
        assertEquals(one, run("vm", "set", "--help").text());
        assertEquals(some, run("device", "-h").text());
        assertThrows(CommandException.class, () -> table.help(List.of("vm", "boot")));
    }

    @Test
    void pluginsThatAreNotInUseAreToldBesideTheTypes() throws Exception {
        vms.unused = List.of("plugins/a.jar is not in use: it is damaged");
        assertTrue(run("types").text().startsWith("KIND    TYPE          BUNDLE"));
        assertEquals(vms.unused, said);
    }

    @Test
    void baysOfAllMachinesAreHeadedByTheirNames() throws Exception {
        assertTrue(run("bay", "list").text().startsWith("demo:\nBAY"));
        assertTrue(run("bay", "list", "demo").text().startsWith("BAY"));
    }

    @Test
    void aNounGoesWithItsLastCommand() {
        CommandTable other = new CommandTable();
        CommandTable.Maker maker = new CommandTable.Maker() {
            @Override
            public ShellCommand make() {
                return call -> Answer.said("hello");
            }

            @Override
            public void drop(ShellCommand command) {
                // Nothing holds it.
            }
        };
        assertTrue(other.add("vendor", "hello", maker));
        assertFalse(other.add("vendor", "bye", maker));
        assertFalse(other.remove("vendor", "bye", maker));
        assertTrue(other.remove("vendor", "hello", maker));
        assertEquals("", other.toString());
    }

    @Test
    void aReplacementTellsWhatSatThereAndHowLongTheGateWasClosed() throws Exception {
        assertEquals(
                "demo/cpu: cpu.soft 1.0.0 -> cpu.bt 1.0.0; its gate was closed for 3.0 ms\n",
                run("vm", "set-cpu", "demo", "bt").text());
        assertEquals(
                "demo/com1: serial 1.0.0, which began with a reset; its gate was closed for 5.0 ms\n",
                run("bay", "restart", "demo", "com1").text());
    }
}
