package dev.backplane.shell.internal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StatisticsTest {
    private static final Map<String, Long> TRANSLATED = Map.of(
            "translated.blocks", 71_500L,
            "translated.code-bytes", 9L << 20,
            "translated.flushes", 0L,
            "translated.exits.tlb-miss", 560_000L,
            "translated.exits.jump", 1000L,
            "translated.exits.limit", 0L,
            "exits.port-write", 3L);

    @Test
    void translatorHasALineOfItsOwnWithItsExitsByFrequency() {
        assertEquals(
                List.of(
                        "2.0 s; exits: port-write 3",
                        "translated 71,500 blocks to 9.0 MiB of code, dropped all 0 times; left for tlb-miss 560,000, jump 1,000"),
                Statistics.lines(TRANSLATED, Duration.ofSeconds(2), false));
    }

    @Test
    void instructionsAreToldOnlyWhereTheyAreCounted() {
        assertEquals(
                List.of("3,000,000 guest instructions in 2.0 s (1.5 MIPS)"),
                Statistics.lines(Map.of("instructions", 3_000_000L), Duration.ofSeconds(2), false));
    }

    @Test
    void allCountersAreSortedByName() {
        List<String> lines = Statistics.lines(TRANSLATED, Duration.ofSeconds(2), true);
        assertEquals(2 + TRANSLATED.size(), lines.size());
        assertTrue(lines.get(2).matches("  exits.port-write +3"), lines.get(2));
        assertTrue(lines.getLast().startsWith("  translated.flushes"), lines.getLast());
    }
}
