package dev.backplane.shell.internal.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class KeysTest {
    private final AtomicInteger roomAgain = new AtomicInteger();
    private final Keys keys = new Keys(roomAgain::incrementAndGet);

    @Test
    void refusedKeysAreAskedForWhenThereIsRoom() throws Exception {
        byte[] many = "0123456789".repeat(500).getBytes(StandardCharsets.US_ASCII);
        int taken = keys.offer(many, 0, many.length);
        assertEquals(4096, taken);
        assertEquals(0, keys.offer(many, taken, 1));
        byte[] read = new byte[100];
        assertEquals(100, keys.read(read, 0, 100));
        assertEquals(1, roomAgain.get());
        assertEquals(100, keys.offer(many, taken, many.length - taken));
        StringBuilder all = new StringBuilder(new String(read, StandardCharsets.US_ASCII));
        while (keys.available() > 0) {
            all.append((char) keys.read());
        }
        assertEquals("0123456789".repeat(500).substring(0, 4196), all.toString());
    }

    @Test
    void endIsSeenBehindTheLastKey() throws Exception {
        keys.offer(new byte[] {'q'}, 0, 1);
        keys.end();
        assertEquals('q', keys.read());
        assertEquals(-1, keys.read());
    }
}
