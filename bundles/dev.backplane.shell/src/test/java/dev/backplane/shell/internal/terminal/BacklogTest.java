package dev.backplane.shell.internal.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BacklogTest {
    @Test
    void endOfWhatWasWrittenIsKept() throws Exception {
        for (int seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            Backlog backlog = new Backlog(16);
            for (int round = 0; round < 3; round++) {
                StringBuilder written = new StringBuilder();
                for (int i = random.nextInt(6); i > 0; i--) {
                    String piece = "abcdefghijklmnopqrstuvwxyz0123456789".substring(random.nextInt(36));
                    backlog.add(("x" + piece).getBytes(StandardCharsets.US_ASCII), 1, piece.length());
                    written.append(piece);
                }
                String kept = written.substring(Math.max(0, written.length() - 16));
                assertEquals(kept, drain(backlog), "seed " + seed);
                assertEquals("", drain(backlog), "seed " + seed);
            }
        }
    }

    private static String drain(Backlog backlog) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        backlog.drainTo(out::write);
        return out.toString(StandardCharsets.US_ASCII);
    }
}
