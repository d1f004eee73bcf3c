package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The benchmarks work in a distribution; what they measure here means nothing. */
class BenchIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(180);

    @Test
    void kernelsOfEveryGroupGiveTheRightResultsInterpreted() {
        var result = Backplane.run(
                TIMEOUT,
                "bench",
                "cpu",
                "--cpu",
                "soft",
                "--set",
                "float,aes,string",
                "--runs",
                "1",
                "--passes",
                "1",
                "--qemu",
                "none",
                "--json");
        assertEquals(0, result.status(), result.errors());
        for (var kernel : new String[] {"nbody", "aes-cbc", "compare"}) {
            assertTrue(result.text().contains("\"kernel\": \"" + kernel + "\""), result.text());
        }
        assertTrue(result.text().contains("\"not-counted\": []"), result.text());
    }

    @Test
    void startIsMeasured() {
        var result = Backplane.run(TIMEOUT, "bench", "start", "--runs", "1");
        assertEquals(0, result.status(), result.errors());
        assertTrue(result.text().matches("(?s)framework, start to ready +[0-9]+ ms .*"), result.text());
    }

    @Test
    void workloadThatThereIsNotIsRefusedWithThoseThatThereAre() {
        var result = Backplane.run(TIMEOUT, "bench", "cpu", "--set", "integers");
        assertEquals(2, result.status());
        assertTrue(result.errors().contains("--set integers: expected some of integer, float"), result.errors());
    }
}
