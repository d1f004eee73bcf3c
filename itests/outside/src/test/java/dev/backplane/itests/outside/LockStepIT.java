package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Linux boots interpreted on virtual time, is recorded, and boots again translated: vCPUs, memory and board have the same hash every
 * 100,000 instructions. A difference is told with registers and code.
 */
class LockStepIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(20);
    private static final int HASH_EVERY = 100_000;
    private static final Pattern SAME =
            Pattern.compile("replayed ([0-9,]+) instructions, state hash [0-9a-f]{64}: same as recorded");

    /** {@code -Psteady} goes on to the prompt. */
    private static final boolean WHOLE = Integer.getInteger("itests.boots", 20) > 100;

    @TempDir
    Path folder;

    static Stream<Arguments> boots() {
        return WHOLE
                ? IntStream.of(1, 2, 4).mapToObj(cpus -> Arguments.of(cpus, "root@guest:", 500_000_000L))
                : Stream.of(Arguments.of(2, "Linux version", 10_000_000L));
    }

    @ParameterizedTest
    @MethodSource("boots")
    void aBootThatWasRecordedInterpretedIsTheSameTranslated(int cpus, String until, long atLeast) throws IOException {
        var file = Files.writeString(
                        folder.resolve("linux.yaml"), """
                name: linux
                cpus: %d
                memory: 128MiB
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 mitigations=off"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: rtc-cmos, id: rtc}
                  - {type: i8042-reset, id: i8042}
                """.formatted(cpus, DebianGuest.kernel(), DebianGuest.initrd()))
                .toString();
        String recording = folder.resolve("boot.rec").toString();
        try (var backplane = Backplane.start(
                "run", "--cpu", "soft", "--record", recording, "--hash-every", Integer.toString(HASH_EVERY), file)) {
            backplane.awaitOutput(until, TIMEOUT);
            backplane.signal("TERM");
            backplane.await(TIMEOUT);
        }
        for (String cpu : WHOLE ? List.of("bt", "soft") : List.of("bt")) {
            var result = Backplane.run(TIMEOUT, "run", "--cpu", cpu, "--replay", recording, file);
            result.assertStatus(0);
            var same = SAME.matcher(result.errors());
            assertTrue(same.find(), result.errors());
            long instructions = Long.parseLong(same.group(1).replace(",", ""));
            System.out.printf("%s, %d vCPUs: %,d instructions the same%n", cpu, cpus, instructions);
            assertTrue(instructions >= atLeast, instructions + " instructions");
        }
    }
}
