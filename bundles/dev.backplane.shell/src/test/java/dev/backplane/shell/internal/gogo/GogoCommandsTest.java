package dev.backplane.shell.internal.gogo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.shell.internal.cli.FakeVms;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class GogoCommandsTest {
    private final FakeVms vms = new FakeVms();
    private final VmCommand vm = new VmCommand(vms);

    @Test
    void verbsReachTheMachine() {
        assertEquals("demo is paused", vm.vm("pause", "demo"));
        assertEquals("demo goes on", vm.vm("resume", "demo"));
        assertEquals("demo is off", vm.vm("kill", "demo"));
        assertEquals(List.of("pause", "resume", "kill vm kill"), vms.events);
    }

    @Test
    void listAndShowAreTables() {
        assertEquals("NAME  STATE    BAYS\ndemo  running  1\n", vm.vm("list"));
        String shown = vm.vm("show", "demo");
        assertTrue(shown.contains("com1  device  serial-16550  RUNNING  dev.backplane.device.serial 1.0.0"), shown);
        assertTrue(shown.contains("instructions"), shown);
    }

    @Test
    void optionsOfABayAreSet() {
        BayCommand bay = new BayCommand(vms);
        assertEquals("mem has {target=64MiB, x=a=b}", bay.bay("set", "demo", "mem", "target=64MiB", "x=a=b"));
        assertEquals(List.of("configure mem {target=64MiB, x=a=b}"), vms.events);
        assertRefused("bay set demo mem target: not understood.", () -> bay.bay("set", "demo", "mem", "target"));
        assertRefused("bay set demo mem: not understood.", () -> bay.bay("set", "demo", "mem"));
    }

    @Test
    void devicesComeAndGo() {
        DeviceCommand device = new DeviceCommand(vms);
        assertEquals("demo has one more device", device.device("add", "demo", "{type: nvme, id: disk1}"));
        assertEquals("demo has one more device", device.device("add", "demo", "{type: nvme,", "id: disk1}"));
        assertEquals("demo is without disk1", device.device("remove", "demo", "disk1"));
        assertEquals("demo is without disk1", device.device("remove", "demo", "disk1", "5"));
        assertEquals(
                List.of(
                        "add {type: nvme, id: disk1}",
                        "add {type: nvme, id: disk1}",
                        "remove disk1 within PT30S",
                        "remove disk1 within PT5S"),
                vms.events);
        assertRefused("device: something is missing. Usage:\n  device add VM {type", device::device);
        assertRefused("device add demo: not understood.", () -> device.device("add", "demo"));
        assertRefused("device remove demo disk1 soon: not", () -> device.device("remove", "demo", "disk1", "soon"));
        String message = assertThrows(IllegalStateException.class, () -> device.device("remove", "demo", "x"))
                .getMessage();
        assertEquals("demo has no device \"x\"", message);
    }

    @Test
    void unknownMachineNamesThoseThereAre() {
        String message = assertThrows(IllegalArgumentException.class, () -> vm.vm("pause", "web"))
                .getMessage();
        assertEquals("there is no machine 'web' (demo)", message);
    }

    @Test
    void unknownVerbSaysWhatIsExpected() {
        assertRefused("vm boot: not understood. Usage:\n  vm list\n  vm show NAME\n", () -> vm.vm("boot"));
        assertRefused(
                "plugin remove: not understood. Usage:\n  plugin list", () -> new PluginCommand(vms).plugin("remove"));
        assertRefused(
                "bay swap demo: not understood. Usage:\n  bay list\n", () -> new BayCommand(vms).bay("swap", "demo"));
        assertRefused("types cpu: not understood. Usage:\n  types", () -> new TypesCommand(vms).types("cpu"));
    }

    @Test
    void missingWordsAndTooManyShowTheUsage() {
        assertRefused("vm: something is missing. Usage:\n  vm list\n  vm show NAME\n", vm::vm);
        assertRefused("vm pause: not understood. Usage:\n  vm list\n", () -> vm.vm("pause"));
        assertRefused("vm kill demo web: not understood. Usage:\n", () -> vm.vm("kill", "demo", "web"));
        assertRefused("bay: something is missing. Usage:\n", () -> new BayCommand(vms).bay());
        assertRefused("plugin: something is missing. Usage:\n", () -> new PluginCommand(vms).plugin());
    }

    private static void assertRefused(String beginning, Executable command) {
        String message = assertThrows(IllegalArgumentException.class, command).getMessage();
        assertTrue(message.startsWith(beginning), message);
    }

    @Test
    void pluginsAreListedWithAllThatTheyOffer() {
        assertEquals("""
                BUNDLE                       VERSION  OFFERS
                dev.backplane.cpu.soft       1.0.0    cpu soft
                dev.backplane.device.serial  1.0.0    device serial-16550
                """, new PluginCommand(vms).plugin("list"));
    }

    @Test
    void baysOfAllMachinesAreHeadedByTheirNames() {
        assertTrue(new BayCommand(vms).bay("list").startsWith("demo:\nBAY"));
    }
}
