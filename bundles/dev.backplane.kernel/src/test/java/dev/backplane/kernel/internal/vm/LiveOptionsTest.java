package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.CpuProbe;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.fake.Printer;
import dev.backplane.kernel.internal.fake.ScriptCpu;
import dev.backplane.kernel.internal.fake.TestHost;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Options that change while a part runs. */
@Timeout(60)
class LiveOptionsTest {
    private final TestHost host = new TestHost();
    private final Printer printer = new Printer();
    private Offer offer;
    private Vm vm;

    @BeforeEach
    void start() throws Exception {
        host.offer(
                Kind.CPU,
                "script",
                "1.0.0",
                new ScriptCpu(
                        (vcpu, rip, exits) -> {
                            exits.writePort(0x3f8, 1, 'x');
                            return Stop.HALTED;
                        },
                        new CpuProbe(1, true, "always")));
        offer = host.offer(Kind.DEVICE, "printer", "1.0.0", printer);
        vm = host.define(TestHost.FILE);
        vm.start(Duration.ZERO);
    }

    @AfterEach
    void close() {
        host.close();
    }

    private String refusal(String bay, Map<String, String> options) {
        return String.valueOf(assertThrows(VmException.class, () -> vm.configure(bay, options))
                .getMessage());
    }

    @Test
    void aLiveOptionReachesThePart() throws Exception {
        vm.configure("out", Map.of("heading", "Monday", "tray.sheets", "20"));
        assertTrue(printer.log.contains("configure Monday"), () -> printer.log.toString());
    }

    @Test
    void anOptionThatIsNotLiveStaysAndSoDoTheOthers() throws Exception {
        assertEquals(
                "out: port cannot change while the part runs",
                refusal("out", new TreeMap<>(Map.of("heading", "Tuesday", "port", "0x300"))));
        assertTrue(
                printer.log.stream().noneMatch(entry -> entry.startsWith("configure")), () -> printer.log.toString());
        vm.configure("out", Map.of("port", "0x3f8", "heading", "Wednesday"));
        assertTrue(printer.log.contains("configure Wednesday"));
    }

    @Test
    void wrongValuesKeysAndBaysAreNamed() {
        String value = refusal("out", Map.of("tray.sheets", "501"));
        assertTrue(value.contains("tray.sheets: \"501\": expected"), value);
        String key = refusal("out", Map.of("headin", "x"));
        assertTrue(key.contains("headin: unknown key; did you mean \"heading\"?"), key);
        assertEquals("web has no bay \"in\": it has cpu, out, out.console, scheduler", refusal("in", Map.of()));
        String part = refusal("out", Map.of("heading", "refused"));
        assertTrue(part.startsWith("out: ") && part.endsWith("heading: refused"), part);
    }

    @Test
    void whatIsInForceIsASuccessorsToo() throws Exception {
        vm.configure("out", Map.of("heading", "Thursday"));
        String second = refusal("out", Map.of("heading", "refused"));
        assertTrue(second.contains("refused"));
        host.catalogue.remove(offer);
        TestHost.await("the bay is vacant", () -> vm.bays().get(1).state().equals("VACANT"));
        assertTrue(refusal("out", Map.of("heading", "x")).startsWith("out is VACANT"));
        host.offer(Kind.DEVICE, "printer", "1.1.0", printer);
        TestHost.await("the next sits there", () -> printer.log.contains("restore Thursday"));
        TestHost.await("it runs", () -> vm.state() == VmState.RUNNING);
    }

    @Test
    void whatAPartCountsIsAmongTheMachinesStatistics() throws Exception {
        TestHost.await("it has printed", () -> vm.statistics().getOrDefault("out.bytes", 0L) > 0);
        assertTrue(vm.statistics().containsKey("instructions"));
    }
}
