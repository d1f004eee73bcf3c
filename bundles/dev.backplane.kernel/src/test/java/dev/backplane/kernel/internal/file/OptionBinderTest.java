package dev.backplane.kernel.internal.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.console.ConsoleRef;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Option;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionBinderTest {
    /** An enum with a name of two words. */
    enum Mode {
        PLAIN,
        WRITE_BACK
    }

    /** A nested record. */
    record Limits(
            @Option("Low.") int low,
            @Option(value = "High.", byDefault = "9") int high) {
        Limits {
            if (low > high) {
                throw new IllegalArgumentException("low " + low + " is above high " + high);
            }
        }
    }

    /** Every type that an option may have. */
    record All(
            @Option(value = "A port.", max = 0xfffe) int port,

            @Option(value = "A size.", byDefault = "4KiB", unit = Option.Unit.BYTES)
            long size,

            @Option(value = "A flag.", byDefault = "true") boolean flag,
            @Option(value = "A text.", byDefault = "\"\"") String text,

            @Option(value = "A mode.", byDefault = "write-back")
            Mode mode,

            @Option("A path.") Optional<Path> path,
            @Option(value = "A time.", byDefault = "500ms") Duration time,

            @Option(value = "Numbers.", byDefault = "[1, 0x10]")
            List<Integer> numbers,

            @Option("Limits.") Optional<Limits> limits,
            @Option("Consoles.") Optional<ConsoleRef> console,

            @Option(value = "Signed.", byDefault = "-1", min = -1)
            long signed) {}

    /** What a protocol may have. */
    record Protocol(
            @Option(value = "Nothing is written.", byDefault = "false")
            boolean readOnly) {}

    private final Scope scope = new Scope(Path.of("/vm"), "dev");

    private All bind(String yaml) throws ConfigurationException {
        Node.Mapping map = (Node.Mapping) YamlTree.read("a.yaml", yaml);
        return new OptionBinder().bind(All.class, map, "devices[0]", scope);
    }

    @Test
    void defaultsFillWhatIsNotGiven() throws Exception {
        assertEquals(
                new All(
                        1,
                        4096,
                        true,
                        "",
                        Mode.WRITE_BACK,
                        Optional.empty(),
                        Duration.ofMillis(500),
                        List.of(1, 16),
                        Optional.empty(),
                        Optional.empty(),
                        -1),
                bind("port: 1"));
    }

    @Test
    void everyTypeIsBound() throws Exception {
        All all = bind("""
                port: 0x3f8
                size: 2 GiB
                flag: off
                text: 12
                mode: plain
                path: ../disk.img
                time: 3min
                numbers: []
                limits: {low: 3}
                console: {type: file, path: a.log}
                signed: -1
                """);
        assertEquals(
                new All(
                        0x3f8,
                        2L << 30,
                        false,
                        "12",
                        Mode.PLAIN,
                        Optional.of(Path.of("/disk.img")),
                        Duration.ofMinutes(3),
                        List.of(),
                        Optional.of(new Limits(3, 9)),
                        Optional.of(new ConsoleRef("dev.console")),
                        -1),
                all);
        PartSpec console = scope.nested().getFirst();
        assertEquals("dev.console", console.id());
        assertEquals("file", console.type());
        assertEquals("devices[0].console", console.path());
        assertEquals(List.of("path"), List.copyOf(console.options().entries().keySet()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "{}|a.yaml:1:1: devices[0].port: missing: expected a number from 0 to 65534 (0xfffe). A port.",
                "{prot: 1}|a.yaml:1:2: devices[0].prot: unknown key; did you mean \"port\"? Known here: port, size",
                "{port: 65535}|a.yaml:1:8: devices[0].port: \"65535\": expected a number from 0 to 65534",
                "{port: -1}|a.yaml:1:8: devices[0].port: \"-1\": expected a number from 0",
                "{port: 1KiB}|a.yaml:1:8: devices[0].port: \"1KiB\": expected a number",
                "{port: 0x}|a.yaml:1:8: devices[0].port: \"0x\": expected a number",
                "{port: 1, mode: writeback}|a.yaml:1:17: devices[0].mode: \"writeback\": expected one of plain, write-back; did you mean \"write-back\"?",
                "{port: 1, flag: maybe}|a.yaml:1:17: devices[0].flag: \"maybe\": expected true or false",
                "{port: 1, time: 3 weeks}|a.yaml:1:17: devices[0].time: \"3 weeks\": expected a duration such as 500ms",
                "{port: 1, numbers: 7}|a.yaml:1:20: devices[0].numbers: expected a list of a number",
                "{port: 1, numbers: [1, x]}|a.yaml:1:24: devices[0].numbers[1]: \"x\": expected a number",
                "{port: 1, limits: {low: 10}}|a.yaml:1:19: devices[0].limits: low 10 is above high 9",
                "{port: 1, limits: {hihg: 1}}|a.yaml:1:20: devices[0].limits.hihg: unknown key; did you mean \"high\"?",
                "{port: 1, console: [a]}|a.yaml:1:20: devices[0].console: expected the name of a type, or a map",
                "{port: 1, console: {path: a}}|a.yaml:1:20: devices[0].console.type: missing",
            })
    void aWrongOptionIsRefusedWithPlaceKeyAndWhatWasExpected(String yaml, String expected) {
        String error =
                assertThrows(ConfigurationException.class, () -> bind(yaml)).getMessage();
        assertTrue(error.startsWith(expected), error);
    }

    @ParameterizedTest
    @CsvSource({
        "disk0.disk.on, '{}', false",
        "disk0.disk.backing.on, '{}', true",
        "disk0.disk.on.backing.backing.on, '{}', true",
        "disk0.disk.backing.on, '{readOnly: false}', false",
        "backing.disk.on, '{}', false"
    })
    void whatABackingDiskStandsOnIsOpenedForReading(String bay, String yaml, boolean readOnly) throws Exception {
        Node.Mapping map = (Node.Mapping) YamlTree.read("a.yaml", yaml);
        assertEquals(
                new Protocol(readOnly),
                new OptionBinder().bind(Protocol.class, map, "", new Scope(Path.of("/vm"), bay)));
    }
}
