package dev.backplane.network.stream.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.testkit.NetworkBench;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/** QEMU is the judge: a hub of its own between two of our ports, one of which it calls and one of which calls it. */
@Timeout(120)
class QemuTest {
    private static final String QEMU = "qemu-system-x86_64";

    @TempDir
    Path folder;

    private StreamOptions at(String name, boolean server) {
        return new StreamOptions(
                Optional.of(folder.resolve(name)), "", 0, server, Duration.ofMillis(50), 1500, 256 * 1024);
    }

    private Process qemu() throws Exception {
        String path = String.valueOf(System.getenv("PATH"));
        if (Stream.of(path.split(":")).noneMatch(each -> Files.isExecutable(Path.of(each, QEMU)))) {
            throw new TestAbortedException("no %s here (Debian: qemu-system-x86)".formatted(QEMU));
        }
        String netdev = "stream,id=%s,server=%s,addr.type=unix,addr.path=%s";
        return new ProcessBuilder(List.of(
                        QEMU,
                        "-machine",
                        "none",
                        "-nodefaults",
                        "-display",
                        "none",
                        "-netdev",
                        netdev.formatted("a", "off", folder.resolve("a")),
                        "-netdev",
                        "hubport,id=pa,hubid=0,netdev=a",
                        "-netdev",
                        netdev.formatted("b", "on", folder.resolve("b")),
                        "-netdev",
                        "hubport,id=pb,hubid=0,netdev=b"))
                .inheritIO()
                .start();
    }

    @Test
    void framesThatPassThroughQemuArriveAsTheyWereSent() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        try (var called = NetworkBench.plug(new StreamNetwork(), at("a", true));
                var calling = NetworkBench.plug(new StreamNetwork(), at("b", false))) {
            Process qemu = qemu();
            try {
                called.awaitLink(true);
                calling.awaitLink(true);
                for (int i = 0; i < 500; i++) {
                    byte[] frame = new byte[60 + random.nextInt(i % 10 == 0 ? 60_000 : 1455)];
                    random.nextBytes(frame);
                    var from = random.nextBoolean() ? called : calling;
                    var to = from == called ? calling : called;
                    from.sendAll(frame);
                    assertArrayEquals(frame, to.receiveNext(), "seed " + seed + ", frame " + i);
                    if (i % 100 == 50) {
                        from.swap();
                    }
                }
                assertEquals(List.of(), called.machine().failures());
            } finally {
                qemu.destroyForcibly().waitFor();
            }
        }
    }
}
