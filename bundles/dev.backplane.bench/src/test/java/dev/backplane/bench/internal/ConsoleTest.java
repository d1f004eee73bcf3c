package dev.backplane.bench.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConsoleTest {
    private long now;
    private final Console console = new Console(() -> new Span(now, now / 2));

    private boolean say(long time, String text) {
        now = time;
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        return console.accept(bytes, bytes.length);
    }

    @Test
    void passLastsFromMarkToMarkOnBothClocks() {
        assertFalse(say(10, "[    0.1] bench 1\r\nsie"));
        assertTrue(say(20, "ve 1 60 ["));
        assertTrue(say(120, "]"));
        assertFalse(say(130, " 0123456789abcdef\r\nend\r\n"));
        assertEquals(List.of(new Pass("sieve", 1, 60, new Span(100, 50), "0123456789abcdef")), console.passes());
        assertEquals(new Span(10, 5), console.begun());
        assertTrue(console.ended());
    }

    @Test
    void bracketsOfKernelMessagesAreNoMarks() {
        assertFalse(say(10, "[    2.5] something [x]\n"));
        assertFalse(say(20, "sieve 1 [1]"));
        assertNull(console.begun());
        assertEquals(List.of("[    2.5] something [x]"), console.lastLines());
    }

    @Test
    void checksumsThatDifferWithinAPassAreTold() {
        say(1, "sort 2 5 [");
        say(2, "] 0000000000000001 differs\n");
        assertEquals("0000000000000001 differs", console.passes().getFirst().checksum());
        assertFalse(console.ended());
    }
}
