package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.fake.Archivist;
import dev.backplane.kernel.internal.fake.Platter;
import dev.backplane.kernel.internal.fake.Sieve;
import dev.backplane.kernel.internal.fake.TestHost;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Filters stand before a disk that a device counts on. */
@Timeout(120)
class DiskFilterTest {
    private static final String FILE = """
            name: web
            memory: 64KiB
            boot: {kernel: none}
            onVacant: wait
            devices:
              - {type: archivist, id: disk0, disk: {type: plain, on: {type: platter}, filters: [sieve, {type: sieve, mesh: 7}]}}
            """;

    private final TestHost host = new TestHost();
    private final Platter platter = new Platter();
    private final Archivist archivist = new Archivist();
    private final Sieve sieve = new Sieve();
    private final AtomicBoolean enough = new AtomicBoolean();
    private Offer filter = host.offer(Kind.FILTER, "sieve", "1.0.0", sieve);
    private Offer device = host.offer(Kind.DEVICE, "archivist", "1.0.0", archivist);

    @BeforeEach
    void offer() {
        host.offer(Kind.STORAGE, "plain", "1.0.0", platter.new Plain());
        host.offer(Kind.PROTOCOL, "platter", "1.0.0", platter.new Memory());
        host.offerIdleCpu(enough);
    }

    @AfterEach
    void close() {
        sieve.closed = false;
        host.close();
    }

    private Vm start() throws Exception {
        Vm vm = host.start(FILE);
        archivist.awaitProgress();
        return vm;
    }

    private void holdBack() throws InterruptedException {
        sieve.closed = true;
        TestHost.await("a write is held back", () -> sieve.held.get() > 0);
    }

    private void stopAndCompare(Vm vm) throws Exception {
        enough.set(true);
        assertEquals(VmState.STOPPED, TestHost.outcome(vm).state());
        assertEquals(List.of(), archivist.complaints);
        assertEquals(archivist.counted.get(), platter.bytes.get(ValueLayout.JAVA_LONG, 0));
    }

    @Test
    void aRequestPassesTheListInItsOrderAndEachFilterHasABay() throws Exception {
        Vm vm = start();
        assertEquals(
                List.of(
                        "disk0.disk filter sieve",
                        "disk0.disk.on filter sieve",
                        "disk0.disk.on.on storage plain",
                        "disk0.disk.on.on.on protocol platter",
                        "scheduler scheduler host"),
                vm.bays().stream()
                        .skip(2)
                        .map(bay -> "%s %s %s".formatted(bay.id(), bay.kind(), bay.type()))
                        .toList());
        stopAndCompare(vm);
        assertEquals(2 * archivist.counted.get(), sieve.passed.get());
    }

    @Test
    void whatAFilterHoldsBackHoldsUpNoPause() throws Exception {
        Vm vm = start();
        for (int round = 0; round < 3; round++) {
            holdBack();
            vm.pause();
            assertEquals(0, sieve.held.get(), "it has been handed back");
            sieve.closed = false;
            vm.resume();
            archivist.awaitProgress();
        }
        stopAndCompare(vm);
    }

    @Test
    void aFilterIsReplacedWhileItHoldsARequestBackAndItsSuccessorHasIt() throws Exception {
        Vm vm = start();
        for (int round = 0; round < 3; round++) {
            holdBack();
            host.catalogue.remove(filter);
            assertEquals(0, sieve.held.get(), "it has been handed back");
            assertEquals(
                    List.of("VACANT", "VACANT"),
                    vm.bays().stream()
                            .filter(bay -> bay.kind().equals("filter"))
                            .map(Vm.BayInfo::state)
                            .toList());
            filter = host.offer(Kind.FILTER, "sieve", "1.0.0", sieve);
            TestHost.await("its successor has it", () -> sieve.held.get() > 0);
            sieve.closed = false;
            archivist.awaitProgress();
        }
        stopAndCompare(vm);
    }

    @Test
    void aFilterIsReplacedWhileAnotherOneBelowItHoldsItsRequestBack() throws Exception {
        Sieve lower = new Sieve();
        host.offer(Kind.FILTER, "riddle", "1.0.0", lower);
        Vm vm = host.start(FILE.replace("{type: sieve, mesh: 7}", "riddle"));
        for (int round = 0; round < 3; round++) {
            archivist.awaitProgress();
            lower.closed = true;
            TestHost.await("a write is held back", () -> lower.held.get() > 0);
            host.catalogue.remove(filter);
            assertEquals("VACANT", vm.bays().get(2).state(), vm.bays().get(2).note());
            filter = host.offer(Kind.FILTER, "sieve", "1.0.0", sieve);
            lower.closed = false;
        }
        archivist.awaitProgress();
        stopAndCompare(vm);
    }

    @Test
    void theDeviceIsReplacedWhileAFilterHoldsItsRequestBack() throws Exception {
        Vm vm = start();
        holdBack();
        host.catalogue.remove(device);
        assertEquals(0, sieve.held.get(), "it has been handed back");
        sieve.closed = false;
        device = host.offer(Kind.DEVICE, "archivist", "1.0.0", archivist);
        archivist.awaitProgress();
        stopAndCompare(vm);
    }

    @Test
    void aMachineEndsWhileAFilterHoldsARequestBack() throws Exception {
        Vm vm = start();
        holdBack();
        stopAndCompare(vm);
        assertEquals(0, sieve.held.get());
    }

    @Test
    void whatIsNoListOfFiltersIsAnError() {
        assertRefused("filters: [sieve,", "filters: {type: sieve}, x: [", "disk.filters: expected a list of filters");
        assertRefused("{type: sieve, mesh: 7}", "{mesh: 7}", "disk.filters[1].type: missing");
        assertRefused("{type: sieve, mesh: 7}", "[]", "disk.filters[1]: expected the name of a type");
        assertRefused(
                "mesh: 7", "on: {type: platter}", "disk.filters[1].on: leave this out: a filter in the list stands on");
        assertRefused("mesh: 7", "mesh: many", "disk0.disk.on.mesh: \"many\"");
    }

    private void assertRefused(String what, String with, String says) {
        assertTrue(FILE.contains(what));
        var refused = assertThrows(ConfigurationException.class, () -> host.define(FILE.replace(what, with)));
        assertTrue(refused.getMessage().contains(says), refused.getMessage());
    }

    @Test
    void aFilterThatIsMissingIsNamed() throws Exception {
        Vm vm = host.define(FILE.replace("filters: [sieve", "filters: [sive"));
        var missing = assertThrows(VmException.class, () -> vm.start(Duration.ZERO));
        assertTrue(
                missing.getMessage()
                        .contains(
                                "disk0.disk.type: no installed plugin offers the storage type \"sive\" (did you mean \"sieve\"?)"),
                missing.getMessage());
    }
}
