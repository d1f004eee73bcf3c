package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** The demo's guest goes on from where one had booted before. */
class WarmDemoIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(5);
    private static final String BOOTS = "Booting Linux ";

    private static Backplane.Result run(String command) {
        return Backplane.run(TIMEOUT, "demo", "--warm", "--memory", "128MiB", "--exec", command);
    }

    /** Of this test's machine: others in the cache are of other builds, and gone with the first run. */
    private static Path memory() throws IOException {
        try (var all = Files.walk(Backplane.WORK.resolve("cache/backplane/warm"))) {
            return all.filter(file -> file.endsWith("memory")).findFirst().orElseThrow();
        }
    }

    @Test
    void eachRunGoesOnFromTheSameGuestWithNumbersOfItsOwn() throws IOException {
        String random = "head -c 16 /dev/urandom | md5sum; date +%s; echo error >&2; exit 7";
        run("true").assertStatus(0);
        var first = run(random);
        first.assertStatus(7);
        var second = run(random);
        second.assertStatus(7);
        assertFalse(first.errors().contains(BOOTS), first.errors());
        assertFalse(second.errors().contains(BOOTS), second.errors());
        assertTrue(second.errors().contains("error\n"), second.errors());
        String[] lines = first.text().split("\n");
        assertEquals(2, lines.length, first.text());
        assertNotEquals(lines[0], second.text().split("\n")[0], "random numbers");
        long late = Instant.now().getEpochSecond() - Long.parseLong(lines[1]);
        assertTrue(late >= 0 && late < TIMEOUT.toSeconds(), "the guest's time: " + late);

        try (FileChannel file = FileChannel.open(memory(), StandardOpenOption.WRITE)) {
            file.truncate(file.size() / 2);
        }
        var fallen = run("echo $((6*7))");
        fallen.assertStatus(0);
        assertEquals("42\n", fallen.text());
        assertTrue(fallen.errors().contains("No guest to go on from, so this one boots: "), fallen.errors());
        var again = run("echo $((6*7))");
        again.assertStatus(0);
        assertTrue(again.errors().contains(BOOTS), again.errors());
    }
}
