package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.CpuProbe;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.fake.Printer;
import dev.backplane.kernel.internal.fake.ScriptCpu;
import dev.backplane.kernel.internal.fake.TestHost;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WiringTest {
    private final TestHost host = new TestHost();

    @AfterEach
    void close() {
        host.close();
    }

    private ScriptCpu cpu(CpuProbe probe) {
        return new ScriptCpu((vcpu, rip, exits) -> Stop.HALTED, probe);
    }

    private void offerCpu() {
        host.offer(Kind.CPU, "script", "1.0.0", cpu(new CpuProbe(1, true, "always")));
    }

    private String failure(String file) throws Exception {
        Vm vm = host.define(file);
        VmException e = assertThrows(VmException.class, () -> vm.start(Duration.ZERO));
        assertEquals(VmState.FAILED, vm.state());
        assertEquals(e.getMessage(), TestHost.outcome(vm).reason());
        vm.remove();
        assertTrue(host.kernel.find("web").isEmpty());
        return e.getMessage();
    }

    @Test
    void aMissingTypeIsNamedWithItsPlaceAndWhatThereIs() throws Exception {
        offerCpu();
        host.offer(Kind.DEVICE, "printers", "1.0.0", new Printer());
        assertEquals(
                "web.yaml:5:12: out.type: no installed plugin offers the device type \"printer\" (did you mean \"printers\"?); offered are: printers",
                failure(TestHost.FILE));
    }

    @Test
    void whatTheBoardRefusesIsToldWithItsPlace() throws Exception {
        offerCpu();
        host.offer(Kind.DEVICE, "printer", "1.0.0", new Printer());
        host.board.refusal = "no such kernel";
        assertEquals("web.yaml:3:7: boot: no such kernel", failure(TestHost.FILE));
    }

    @Test
    void aMissingConsoleTypeIsNamedWithItsPlace() throws Exception {
        offerCpu();
        host.offer(Kind.DEVICE, "printer", "1.0.0", new Printer());
        String file = TestHost.FILE.replace("port: 0x3f8", "port: 0x3f8, console: {type: pipe}");
        String failure = failure(file);
        assertTrue(
                failure.startsWith(
                        "web.yaml:5:59: out.console.type: no installed plugin offers the console type \"pipe\""),
                failure);
    }

    @Test
    void aVersionThatNobodyOffersIsNamed() throws Exception {
        offerCpu();
        host.offer(Kind.DEVICE, "printer", "1.5.0", new Printer());
        String file = TestHost.FILE.replace("id: out", "id: out, version: \"[2,3)\"");
        assertEquals(
                "web.yaml:5:12: out.type: no installed plugin offers the device type \"printer\" in a version within [2.0.0,3.0.0): there is test.printer 1.5.0",
                failure(file));
    }

    @Test
    void aWrongOptionIsRefusedWhenTheMachineIsDefinedWherePluginIsAtHand() {
        host.offer(Kind.DEVICE, "printer", "1.0.0", new Printer());
        ConfigurationException e = assertThrows(
                ConfigurationException.class, () -> host.define(TestHost.FILE.replace("port: 0x3f8", "prot: 1")));
        assertTrue(
                e.getMessage().startsWith("web.yaml:5:30: out.prot: unknown key; did you mean \"port\"?"),
                e.getMessage());
        assertTrue(host.kernel.list().isEmpty());
    }

    @Test
    void aPartThatCannotBeMadeFailsTheMachineWithItsPlace() throws Exception {
        offerCpu();
        Printer broken = new Printer();
        broken.hooks.add(moment -> {
            throw new IllegalStateException("out of ink");
        });
        host.offer(Kind.DEVICE, "printer", "1.0.0", broken);
        String failure = failure(TestHost.FILE);
        assertTrue(failure.startsWith("web.yaml:5:12: out: java.lang.IllegalStateException: out of ink"), failure);
        assertTrue(host.board.log.contains("closed"));
    }

    @Test
    void withPatienceAMachineWaitsForItsPlugin() throws Exception {
        offerCpu();
        Vm vm = host.define(TestHost.FILE);
        CompletableFuture<Void> start = CompletableFuture.runAsync(() -> {
            try {
                vm.start(Duration.ofSeconds(30));
            } catch (VmException e) {
                throw new IllegalStateException(e);
            }
        });
        TestHost.await("it waits", () -> vm.state() == VmState.WIRING);
        host.offer(Kind.DEVICE, "printer", "1.0.0", new Printer());
        start.get(10, TimeUnit.SECONDS);
        assertEquals(VmState.RUNNING, vm.state());
    }

    @Test
    void aMachineThatWaitsForItsPluginCanBeKilled() throws Exception {
        offerCpu();
        Vm vm = host.define(TestHost.FILE);
        CompletableFuture<Void> start = CompletableFuture.runAsync(() -> {
            try {
                vm.start(Duration.ofSeconds(30));
            } catch (VmException e) {
                throw new IllegalStateException(e);
            }
        });
        TestHost.await("it waits", () -> vm.state() == VmState.WIRING);
        vm.kill("no patience");
        assertEquals("no patience", TestHost.outcome(vm).reason());
        assertThrows(Exception.class, () -> start.get(10, TimeUnit.SECONDS));
    }

    @Test
    void autoTakesTheUsableBackendWithTheHighestPreference() throws Exception {
        host.offer(Kind.DEVICE, "printer", "1.0.0", new Printer());
        host.offer(Kind.CPU, "slow", "1.0.0", cpu(new CpuProbe(1, true, "everywhere")));
        host.offer(Kind.CPU, "fast", "1.0.0", cpu(new CpuProbe(10, true, "here too")));
        host.offer(Kind.CPU, "faster", "1.0.0", cpu(new CpuProbe(100, false, "no /dev/kvm")));
        Vm vm = host.define(TestHost.FILE);
        vm.start(Duration.ZERO);
        assertEquals("fast", vm.bays().getFirst().type());
    }

    @Test
    void aBackendThatCannotRunHereIsRefusedWithItsReason() throws Exception {
        host.offer(Kind.DEVICE, "printer", "1.0.0", new Printer());
        host.offer(Kind.CPU, "faster", "1.0.0", cpu(new CpuProbe(100, false, "no /dev/kvm")));
        assertEquals(
                "web.yaml:6:6: cpu.type: \"faster\" cannot run on this host: no /dev/kvm",
                failure(TestHost.FILE + "cpu: faster\n"));
        assertEquals(
                "web.yaml:1:1: cpu: auto: no installed CPU backend is to be chosen on this host: faster (no /dev/kvm); name one as cpu.type",
                failure(TestHost.FILE));
    }

    @Test
    void anUnknownOptionOfTheCpuIsRefused() throws Exception {
        offerCpu();
        host.offer(Kind.DEVICE, "printer", "1.0.0", new Printer());
        String failure = failure(TestHost.FILE + "cpu: {type: script, spear: 1}\n");
        assertTrue(
                failure.startsWith(
                        "web.yaml:6:21: cpu.spear: unknown key; did you mean \"spare\"? Known here: type, model, spare"),
                failure);
    }

    @Test
    void aNameThatIsTakenIsRefused() throws Exception {
        host.define(TestHost.FILE);
        ConfigurationException e = assertThrows(ConfigurationException.class, () -> host.define(TestHost.FILE));
        assertTrue(e.getMessage().startsWith("web.yaml: name: there is a machine \"web\" already"), e.getMessage());
    }
}
