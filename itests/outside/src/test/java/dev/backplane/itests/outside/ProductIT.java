package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ProductIT {
    private static final Pattern REQUIRED = Pattern.compile("backplane\\.(\\w+);filter:='\\(type=([\\w-]+)\\)'");
    private static final Pattern OFFERED = Pattern.compile("(?m)^(\\w+) +([\\w-]+) ");

    @Test
    void everyTypeThatTheProductRequiresIsOfferedAtRunTime() throws IOException {
        var required = new TreeSet<String>();
        REQUIRED.matcher(Files.readString(Backplane.HOME.resolve("../../backplane.bndrun")))
                .results()
                .forEach(match -> required.add(match.group(1) + " " + match.group(2)));
        assertFalse(required.isEmpty());

        var result = Backplane.run(Duration.ofSeconds(60), "types");
        assertEquals(0, result.status(), result.errors());
        assertEquals("", result.errors());
        OFFERED.matcher(result.text())
                .results()
                .forEach(match -> required.remove(match.group(1) + " " + match.group(2)));
        assertEquals(new TreeSet<>(), required, () -> "not offered by\n" + result.text());
    }
}
