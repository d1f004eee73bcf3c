package dev.backplane.nbd.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.backplane.nbd.NbdExport;
import dev.backplane.nbd.NbdServerOptions;
import dev.backplane.nbd.wire.Nbd;
import dev.backplane.testkit.MemoryStorage;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Runs over its corpus in a normal build; {@code JAZZER_FUZZ=1} and {@code -Djazzer.hooks=true} in the test JVM look for more. */
class ServerStreamFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void whateverAClientSaysTheConversationEndsAndTheDiskKeepsItsLength(byte[] said) {
        MemoryStorage disk = new MemoryStorage();
        Exports exports = new Exports(List.of(
                new NbdExport("", "a disk", disk, false, true),
                new NbdExport("b", "", new MemoryStorage(), true, false)));
        MemoryTransport transport = new MemoryTransport(said);
        AtomicInteger ended = new AtomicInteger();
        new Conversation(
                        transport,
                        exports,
                        new NbdServerOptions(UnixDomainSocketAddress.of("fuzz")),
                        conversation -> ended.incrementAndGet())
                .run();
        assertEquals(1, ended.get());
        assertEquals(1 << 20, disk.capacityBytes());
        byte[] heard = transport.heard();
        assertTrue(heard.length >= 18 && ByteBuffer.wrap(heard).getLong() == Nbd.INIT_MAGIC);
    }
}
