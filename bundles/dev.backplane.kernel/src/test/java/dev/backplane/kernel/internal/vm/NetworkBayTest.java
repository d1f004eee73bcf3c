package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.CloneOptions;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.fake.Pinger;
import dev.backplane.kernel.internal.fake.TestHost;
import dev.backplane.kernel.internal.fake.Wire;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A device sends frames over a network that gives them back, while both are replaced. */
@Timeout(120)
class NetworkBayTest {
    private static final String FILE = """
            name: web
            memory: 64KiB
            boot: {kernel: none}
            onVacant: wait
            devices:
              - {type: pinger, id: net0, network: {type: wire, mtu: 9000}}
            """;

    private final TestHost host = new TestHost();
    private final Wire wire = new Wire();
    private final Pinger pinger = new Pinger();
    private final AtomicBoolean enough = new AtomicBoolean();
    private Offer network = host.offer(Kind.NETWORK, "wire", "1.0.0", wire);
    private Offer device = host.offer(Kind.DEVICE, "pinger", "1.0.0", pinger);

    @BeforeEach
    void offerCpu() {
        host.offerIdleCpu(enough);
    }

    @AfterEach
    void close() {
        host.close();
    }

    private Vm start() throws Exception {
        Vm vm = host.start(FILE);
        awaitProgress();
        return vm;
    }

    private void awaitProgress() throws InterruptedException {
        long before = pinger.returned.get();
        TestHost.await("frames come back", () -> pinger.returned.get() > before + 20);
    }

    private static String state(Vm vm, String bay) {
        return TestHost.bay(vm, bay).state();
    }

    private void stop(Vm vm) throws Exception {
        enough.set(true);
        assertEquals(VmState.STOPPED, TestHost.outcome(vm).state());
        assertEquals(List.of(), pinger.complaints);
    }

    @Test
    void aNetworkHasABayOfItsOwnAndIsKnownBeforeTheDeviceRuns() throws Exception {
        Vm vm = start();
        assertEquals(
                List.of("cpu", "net0", "net0.network", "scheduler"),
                vm.bays().stream().map(Vm.BayInfo::id).toList());
        assertEquals(9000, pinger.mtu.get());
        stop(vm);
    }

    @Test
    void noFrameIsLostWhileNetworkAndDeviceAreReplaced() throws Exception {
        Vm vm = start();
        for (int round = 0; round < 10; round++) {
            host.catalogue.remove(network);
            assertEquals("VACANT", state(vm, "net0.network"));
            assertEquals("RUNNING", state(vm, "net0"), "what it sends waits");
            network = host.offer(Kind.NETWORK, "wire", "1.0.0", wire);
            awaitProgress();
            host.catalogue.remove(device);
            device = host.offer(Kind.DEVICE, "pinger", "1.0.0", pinger);
            awaitProgress();
        }
        assertEquals(10, wire.log.stream().filter("restore"::equals).count());
        assertEquals(11, pinger.lives.get());
        stop(vm);
    }

    @Test
    void aNetworkThatThrowsFailsItsBayAndNotTheDevice() throws Exception {
        Vm vm = start();
        wire.fault = new IllegalStateException("a knot");
        TestHost.await("it has failed", () -> state(vm, "net0.network").equals("FAILED"));
        assertTrue(vm.bays().stream().anyMatch(each -> each.note().contains("a knot")));
        assertEquals("RUNNING", state(vm, "net0"));
        enough.set(true);
        assertEquals(VmState.STOPPED, TestHost.outcome(vm).state());
    }

    @Test
    void theMachineIsPausedAndResumedWithItsNetwork() throws Exception {
        Vm vm = start();
        for (int round = 0; round < 5; round++) {
            vm.pause();
            vm.resume();
            awaitProgress();
        }
        stop(vm);
    }

    @Test
    void optionsAndTypesAreCheckedWithTheirPlace() {
        var unknown =
                assertThrows(ConfigurationException.class, () -> host.define(FILE.replace("mtu: 9000", "mut: 9000")));
        assertTrue(String.valueOf(unknown.getMessage()).contains("web.yaml:6"), unknown.getMessage());
        var none = assertThrows(
                ConfigurationException.class, () -> host.define(FILE.replace("{type: wire, mtu: 9000}", "[]")));
        assertTrue(String.valueOf(none.getMessage()).contains("a type"), none.getMessage());
    }

    private static String note(Vm vm) {
        return TestHost.bay(vm, "net0.network").note();
    }

    /** Its guest has the random numbers of another one until it says otherwise. */
    @Test
    void aCloneThatIsToBeIsolatedIsCutOffUntilItsGuestIsRenewed() throws Exception {
        Vm vm = host.start(FILE + "onClone: isolate\n");
        awaitProgress();
        assertEquals("", note(vm));
        Vm clone = host.kernel.clone("web", CloneOptions.of("web", 1)).clones().getFirst();
        vm.pause();
        long sent = wire.sent.get();
        long returned = pinger.returned.get();
        clone.start(Duration.ZERO);
        TestHost.await("it is told that the link is down", () -> !pinger.up);
        assertTrue(note(clone).contains("random numbers"), note(clone));
        host.catalogue.remove(network);
        network = host.offer(Kind.NETWORK, "wire", "1.0.0", wire);
        TestHost.await(
                "another one is there", () -> state(clone, "net0.network").equals("RUNNING"));
        assertEquals(sent, wire.sent.get());
        assertEquals(returned, pinger.returned.get());
        Objects.requireNonNull(pinger.context).guestRenewed();
        TestHost.await("the link is up", () -> pinger.up);
        assertEquals("", note(clone));
    }

    @Test
    void aCloneIsConnectedAtOnceWhereNothingElseIsAskedFor() throws Exception {
        start().pause();
        Vm clone = host.kernel.clone("web", CloneOptions.of("web", 1)).clones().getFirst();
        clone.start(Duration.ZERO);
        assertTrue(pinger.up);
        awaitProgress();
    }
}
