package dev.backplane.kernel.internal.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.VmSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.framework.VersionRange;

class VmFileTest {
    private static final String DEMO = """
            name: demo
            cpus: 2
            memory: 256MiB
            cpu: {type: auto, model: x86-64-v2, quantum: 5}
            scheduler: {type: host}
            boot: {kernel: vmlinuz, initrd: ../initrd.cpio, cmdline: "console=ttyS0"}
            onReboot: exit
            devices:
              - {type: serial-16550, id: com1, console: stdio}
              - {type: rtc-cmos, id: rtc, version: "[1.2,1.3)"}
            """;

    private static VmFile read(String text, Map<String, String> overrides) throws ConfigurationException {
        return VmFileReader.read(new VmSource("demo.yaml", text, Path.of("/vms/demo"), overrides));
    }

    private static String error(String text) {
        return assertThrows(ConfigurationException.class, () -> read(text, Map.of()))
                .getMessage();
    }

    @Test
    void theFileOfTheDocumentationIsRead() throws Exception {
        VmFile file = read(DEMO, Map.of());
        assertEquals("demo", file.name());
        assertEquals(2, file.cpus());
        assertEquals(256L << 20, file.memoryBytes());
        assertEquals("auto", file.cpu().type());
        assertEquals("x86-64-v2", file.cpuModel());
        assertEquals(
                List.of("quantum"), List.copyOf(file.cpu().options().entries().keySet()));
        assertEquals("pc-1", file.machine().type());
        assertEquals(Path.of("/vms/demo/vmlinuz"), file.boot().kernel());
        assertEquals(Optional.of(Path.of("/vms/initrd.cpio")), file.boot().initrd());
        assertEquals("console=ttyS0", file.boot().cmdline());
        assertEquals(VmFile.OnReboot.EXIT, file.onReboot());
        assertEquals(VmFile.OnVacant.PAUSE, file.onVacant());
        PartSpec com1 = file.devices().get(0);
        assertEquals("serial-16550", com1.type());
        assertEquals("demo.yaml:9:12", com1.typeAt().toString());
        assertEquals(List.of("console"), List.copyOf(com1.options().entries().keySet()));
        assertEquals(
                Optional.of(VersionRange.valueOf("[1.2,1.3)")),
                file.devices().get(1).version());
    }

    @Test
    void overridesReplaceMakeAndReachIntoLists() throws Exception {
        VmFile file = read(
                DEMO,
                Map.of(
                        "cpu.type", "soft",
                        "memory", "1GiB",
                        "boot.cmdline", "quiet",
                        "devices.com1.console", "{type: file, path: a.log}",
                        "devices[1].id", "clock",
                        "onVacant", "wait"));
        assertEquals("soft", file.cpu().type());
        assertEquals(1L << 30, file.memoryBytes());
        assertEquals("quiet", file.boot().cmdline());
        assertEquals(VmFile.OnVacant.WAIT, file.onVacant());
        assertEquals("clock", file.devices().get(1).id());
        assertTrue(file.devices().get(0).options().entries().get("console").value() instanceof Node.Mapping);
    }

    @Test
    void anOverrideOfAShortFormKeepsTheRest() throws Exception {
        VmFile file = read(
                DEMO.replace("cpu: {type: auto, model: x86-64-v2, quantum: 5}", "cpu: bt"),
                Map.of("cpu.model", "x86-64-v1"));
        assertEquals("bt", file.cpu().type());
        assertEquals("x86-64-v1", file.cpuModel());
    }

    @Test
    void anErrorInAnOverrideNamesTheOverride() {
        ConfigurationException e =
                assertThrows(ConfigurationException.class, () -> read(DEMO, Map.of("memory", "lots")));
        assertEquals("memory: \"lots\": expected a size in bytes such as 256MiB, from 4KiB to 1TiB", e.getMessage());
        assertTrue(assertThrows(ConfigurationException.class, () -> read(DEMO, Map.of("devices.com9.port", "1")))
                .getMessage()
                .startsWith("devices.com9.port: \"com9\" is not in the file's list of 2"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "memory: 256MiB|memry: 256MiB|demo.yaml:3:1: memry: unknown key; did you mean \"memory\"?",
                "onReboot: exit|maxCpus: 1|demo.yaml:7:10: maxCpus: 1: expected 2, which the machine begins with, or more",
                "onReboot: exit|maxCpus: 65|demo.yaml:7:10: maxCpus: \"65\": expected a number from 1 to 64",
                "cpus: 2|cpus: two|demo.yaml:2:7: cpus: \"two\": expected a number from 1 to 64",
                "cpus: 2|cpus: 65|demo.yaml:2:7: cpus: \"65\": expected a number from 1 to 64",
                "cpus: 2|cpus: 99999999999999999999|demo.yaml:2:7: cpus: \"99999999999999999999\": expected",
                "cpus: 2|cpus: [2]|demo.yaml:2:7: cpus: a list: expected a number",
                "cpus: 2|cpus:|demo.yaml:2:6: cpus: no value: expected a number",
                "256MiB|256MB|demo.yaml:3:9: memory: \"256MB\": expected a size in bytes such as 256MiB",
                "256MiB|9999999TiB|demo.yaml:3:9: memory: \"9999999TiB\": expected a size in bytes",
                "name: demo|nam: demo|demo.yaml:1:1: nam: unknown key; did you mean \"name\"?",
                "name: demo|name: a b|demo.yaml:1:7: name: \"a b\": expected letters",
                "name: demo|cpus: 3|demo.yaml:2:1: duplicate key \"cpus\": it stands at demo.yaml:1:1 already",
                "kernel: vmlinuz, |kernel: , |demo.yaml:6:15: boot.kernel: no value: expected a path",
                "kernel: vmlinuz, ||demo.yaml:6:7: boot.kernel: missing: expected a path. The kernel",
                "onReboot: exit|onReboot: restrat|demo.yaml:7:11: onReboot: \"restrat\": expected one of restart, exit; did you mean \"restart\"?",
                "type: host}|typ: host}|demo.yaml:5:12: scheduler.type: missing",
                "type: serial-16550, ||demo.yaml:9:5: com1.type: missing",
                "id: com1, ||demo.yaml:9:5: devices[0].id: missing",
                "id: com1|id: scheduler|demo.yaml:9:5: devices[0].id: \"scheduler\" is the identifier of another part already (demo.yaml:5:12)",
                "id: com1|id: rtc|demo.yaml:10:5: devices[1].id: \"rtc\" is the identifier of another part already (demo.yaml:9:5)",
                "id: com1|id: cpu|demo.yaml:9:5: devices[0].id: \"cpu\" is the identifier of another part already",
                "id: com1|id: com.1|demo.yaml:9:30: devices[0].id: \"com.1\" is no identifier",
                "[1.2,1.3)|1.2 to 3|demo.yaml:10:40: rtc.version: \"1.2 to 3\" is no range of versions",
                "devices:|devices: [|demo.yaml:9:3: not YAML:",
                "name: demo|name: *nobody|demo.yaml:1:7: not YAML:",
                "boot: {kernel: vmlinuz, initrd: ../initrd.cpio, cmdline: \"console=ttyS0\"}|boot: vmlinuz|demo.yaml:6:7: boot: expected a map with kernel, initrd, cmdline, modules",
                "model: x86-64-v2|model: []|demo.yaml:4:26: cpu.model: expected the name of a CPU model",
            })
    void aWrongFileIsRefusedWithPlaceKeyAndWhatWasExpected(String from, String to, String expected) {
        String text = DEMO.replace(from, to == null ? "" : to);
        String error = error(text);
        assertTrue(error.startsWith(expected), error);
    }

    @Test
    void onVirtualTimeNoProcessorCanCome() {
        String virtual = DEMO.replace("onReboot: exit", "clock: virtual");
        String error = error(virtual + "maxCpus: 3\n");
        assertTrue(
                error.contains(": maxCpus: 3: a machine on virtual time keeps the vCPUs that it begins with"), error);
    }

    @Test
    void aFileThatIsNoMapIsRefused() {
        assertTrue(error("").startsWith("demo.yaml: empty: expected a map"), error(""));
        assertTrue(error("[1, 2]").startsWith("demo.yaml:1:1: VM file: expected a map"), error("[1, 2]"));
        assertTrue(error("\u0000\u0001").startsWith("demo.yaml: not YAML:"), error("\u0000\u0001"));
    }

    @Test
    void aBombOfAliasesIsRefused() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 12; i++) {
            bomb.append(
                    "a%d: &a%d [%s]\n".formatted(i, i, "*a%d, ".formatted(i - 1).repeat(10)));
        }
        String error = assertTimeoutPreemptively(Duration.ofSeconds(10), () -> error(bomb.toString()));
        assertTrue(error.contains("too much: at most 20,000 values"), error);
        assertTrue(error("&a [*a]").contains("too much"), error("&a [*a]"));
    }

    @Test
    void aDeepAndAGiantFileAreRefused() {
        assertTrue(error("[".repeat(10_000)).contains("not YAML"));
        String giant = error("# " + "x".repeat(2 << 20));
        assertTrue(giant.startsWith("demo.yaml: 2,097,154 characters: a VM file has at most 1,048,576"), giant);
    }

    @Test
    void randomlyChangedFilesAreReadOrRefusedWithAPlace() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 3000; round++) {
            StringBuilder text = new StringBuilder(DEMO);
            for (int i = random.nextInt(6); i >= 0; i--) {
                int at = random.nextInt(text.length());
                switch (random.nextInt(3)) {
                    case 0 -> text.setCharAt(at, (char) random.nextInt(0x250));
                    case 1 -> text.delete(at, Math.min(text.length() - 1, at + random.nextInt(20)));
                    default -> text.insert(at, "{}[]&*!|>%@`:,-#\n".charAt(random.nextInt(17)));
                }
            }
            try {
                read(text.toString(), Map.of());
            } catch (ConfigurationException e) {
                assertTrue(e.getMessage().startsWith("demo.yaml"), "seed " + seed + ": " + e.getMessage());
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + " for:\n" + text, e);
            }
        }
    }
}
