package dev.backplane.shell.internal.gogo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.shell.internal.cli.FakeVms;
import java.util.List;
import org.junit.jupiter.api.Test;

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
    void unknownMachineNamesThoseThereAre() {
        String message = assertThrows(IllegalArgumentException.class, () -> vm.vm("pause", "web"))
                .getMessage();
        assertEquals("there is no machine 'web' (demo)", message);
    }

    @Test
    void unknownVerbSaysWhatIsExpected() {
        assertTrue(assertThrows(IllegalArgumentException.class, () -> vm.vm("boot"))
                .getMessage()
                .contains("vm list"));
        assertThrows(IllegalArgumentException.class, () -> new PluginCommand(vms).plugin("remove"));
        assertThrows(IllegalArgumentException.class, () -> new BayCommand(vms).bay("swap", "demo"));
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
