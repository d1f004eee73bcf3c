package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Linux boots, again and again, each time in a new process, on a host that has other things to do: where a machine's time is
 * not what it says, kernels fail to calibrate, or hang, about one boot in five (and not at the first one).
 */
class SteadyBootIT {
    /** {@code -Psteady} makes it 200. */
    private static final int BOOTS = Integer.getInteger("itests.boots", 8);

    /** So many are translated: {@code -Psteady} makes it 50. */
    private static final int TRANSLATED = BOOTS / 4;

    /** They share a host's two processors with what only burns time, and with each other. */
    private static final int TOGETHER = 2;

    private static final int[] PROCESSORS = {1, 2, 1, 4};
    private static final Duration BOOT = Duration.ofMinutes(10);
    private static final Duration END = Duration.ofMinutes(2);
    private static final String PROMPT = "root@guest:";
    private static final String LAST_LINE = "that was all";

    private final LinuxMessages messages = new LinuxMessages();

    static java.util.stream.Stream<String> examples() {
        return LinuxMessages.examples();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void complaintIsRecognised(String line) {
        assertNotEquals(List.of(), messages.complaints(line));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bt", "soft"})
    void linuxBootsWithoutComplaintsWhileTheHostIsBusy(String type) throws Exception {
        int all = type.equals("bt") ? TRANSLATED : BOOTS;
        DebianGuest.kernel();
        var failures = new ArrayList<String>();
        try (var load = HostLoad.start();
                var pool = Executors.newFixedThreadPool(TOGETHER)) {
            var boots = new ArrayList<Future<String>>();
            for (int number = 0; number < all; number++) {
                boots.add(pool.submit(boot(type, number)));
            }
            for (var boot : boots) {
                try {
                    String failure = boot.get();
                    if (!failure.isEmpty()) {
                        failures.add(failure);
                    }
                } catch (ExecutionException e) {
                    failures.add(String.valueOf(e.getCause()));
                }
            }
            assertTrue(load.isRunning(), "the load has ended too early");
        }
        assertEquals(
                0, failures.size(), () -> failures.size() + " of " + all + " boots:\n" + String.join("\n", failures));
    }

    private Callable<String> boot(String type, int number) {
        int cpus = PROCESSORS[number % PROCESSORS.length];
        return () -> {
            String name = "%s: boot %d with %d vCPUs".formatted(type, number, cpus);
            long start = System.nanoTime();
            String console = console(type, cpus);
            double seconds = (System.nanoTime() - start) / 1e9;
            List<String> complaints = messages.complaints(console);
            System.out.printf("%s: %.1f s, %d complaints%n", name, seconds, complaints.size());
            assertTrue(LinuxMessages.withPriority(console) > 100, () -> name + " has no messages:\n" + console);
            return complaints.isEmpty() ? "" : name + ":\n    " + String.join("\n    ", complaints);
        };
    }

    /** All that a boot prints, and its messages once more with their priorities. */
    private static String console(String type, int cpus) throws IOException {
        try (var backplane = Backplane.start("demo", "--cpu", type, "--cpus", Integer.toString(cpus))) {
            backplane.awaitOutput(PROMPT, BOOT);
            backplane.send("dmesg -r; nproc; echo that was al'l'; poweroff\n");
            backplane.awaitOutput(LAST_LINE, END);
            var result = backplane.await(END);
            result.assertStatus(0);
            assertTrue(result.text().contains("\n" + cpus + "\r\n" + LAST_LINE), result.text());
            return result.text();
        }
    }
}
