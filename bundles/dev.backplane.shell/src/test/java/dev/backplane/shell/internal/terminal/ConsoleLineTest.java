package dev.backplane.shell.internal.terminal;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.console.HostTerminal;
import dev.backplane.api.console.TerminalSize;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ConsoleLineTest {
    private final ConsoleHub hub = new ConsoleHub();
    private final Guest guest = new Guest();

    /** A console's part: takes so many bytes as there is room for. */
    private static final class Guest implements HostTerminal.Input {
        private final ByteArrayOutputStream typed = new ByteArrayOutputStream();
        private int room = 1000;
        private int resizes;

        @Override
        public synchronized int accept(byte[] bytes, int offset, int length) {
            int taken = Math.min(room, length);
            room -= taken;
            typed.write(bytes, offset, taken);
            return taken;
        }

        synchronized void room(int bytes) {
            room = bytes;
        }

        synchronized String typed() {
            return typed.toString(US_ASCII);
        }

        @Override
        public void resized() {
            resizes++;
        }
    }

    private static void write(HostTerminal.Attachment to, String text) throws IOException {
        to.write(text.getBytes(US_ASCII), 0, text.length());
    }

    private static String read(ConsoleLine.Viewer viewer, int count) throws InterruptedException {
        StringBuilder text = new StringBuilder();
        byte[] piece = new byte[100];
        while (text.length() < count) {
            text.append(new String(piece, 0, viewer.read(piece), US_ASCII));
        }
        return text.toString();
    }

    @Test
    void allViewersSeeAllAndLateOnesTheEndOfIt() throws Exception {
        HostTerminal.Attachment part = hub.attach("web1", "com1.console", guest);
        write(part, "early ");
        ConsoleLine line = hub.find("web1", "com1").orElseThrow();
        try (ConsoleLine.Viewer one = line.view();
                ConsoleLine.Viewer two = line.view()) {
            write(part, "late");
            assertEquals("early late", read(one, 10));
            assertEquals("early late", read(two, 10));
        }
        write(part, "!".repeat(100_000));
        try (ConsoleLine.Viewer three = line.view()) {
            assertEquals("!".repeat(64 << 10), read(three, 64 << 10));
            assertTrue(three.isDrained());
        }
    }

    @Test
    void aViewerThatDoesNotReadHoldsNobodyUp() throws Exception {
        HostTerminal.Attachment part = hub.attach("web1", "com1.console", guest);
        try (ConsoleLine.Viewer slow =
                hub.find("web1", "com1.console").orElseThrow().view()) {
            write(part, "x".repeat(300 << 10));
            assertEquals((300 - 256) << 10, slow.takeLost());
            assertEquals(0, slow.takeLost());
            assertEquals(256 << 10, read(slow, 256 << 10).length());
        }
    }

    @Test
    void whatIsTypedWaitsForRoomAndAtMostSoLong() throws Exception {
        HostTerminal.Attachment part = hub.attach("web1", "com1.console", guest);
        try (ConsoleLine.Viewer viewer = hub.find("web1", "com1").orElseThrow().view()) {
            guest.room(3);
            assertFalse(viewer.type("abcdef".getBytes(US_ASCII), 0, 6, Duration.ZERO));
            assertEquals("abc", guest.typed());
            Thread typist = Thread.ofVirtual().start(() -> {
                try {
                    assertTrue(viewer.type("ghi".getBytes(US_ASCII), 0, 3, Duration.ofSeconds(50)));
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            guest.room(2);
            part.ready();
            while (guest.typed().length() < 5) {
                Thread.onSpinWait();
            }
            guest.room(10);
            part.ready();
            typist.join();
            assertEquals("abcghi", guest.typed());
        }
    }

    @Test
    void thePartMayBeReplacedWhileSomebodyLooks() throws Exception {
        HostTerminal.Attachment part = hub.attach("web1", "com1.console", guest);
        ConsoleLine line = hub.find("web1", "com1").orElseThrow();
        try (ConsoleLine.Viewer viewer = line.view()) {
            write(part, "one ");
            Guest second = new Guest();
            HostTerminal.Attachment other = hub.attach("web1", "com1.console", second);
            part.close();
            write(other, "two");
            assertEquals("one two", read(viewer, 7));
            assertTrue(viewer.type("key".getBytes(US_ASCII), 0, 3, Duration.ofSeconds(50)));
            assertEquals("key", second.typed());
            other.close();
            assertFalse(viewer.type("key".getBytes(US_ASCII), 0, 3, Duration.ZERO));
        }
    }

    @Test
    void theSizeIsThatOfTheLastViewer() {
        HostTerminal.Attachment part = hub.attach("web1", "com1.console", guest);
        ConsoleLine line = hub.find("web1", "com1").orElseThrow();
        assertEquals(TerminalSize.UNKNOWN, part.size());
        try (ConsoleLine.Viewer one = line.view()) {
            one.resize(new TerminalSize(80, 24));
            try (ConsoleLine.Viewer two = line.view()) {
                two.resize(new TerminalSize(132, 50));
                assertEquals(new TerminalSize(132, 50), part.size());
            }
            assertEquals(new TerminalSize(80, 24), part.size());
        }
        assertEquals(4, guest.resizes);
    }

    @Test
    void consolesAreFoundByMachineAndDeviceUntilTheMachineIsForgotten() {
        hub.attach("web1", "com2.console", guest);
        hub.attach("web1", "com1.console", guest);
        assertEquals(List.of("com1.console", "com2.console"), hub.consoles("web1"));
        assertEquals(List.of(), hub.consoles("web2"));
        assertTrue(hub.find("web1", "com3").isEmpty());
        assertTrue(hub.find("web2", "com1").isEmpty());
        hub.forget("web1");
        assertEquals(List.of(), hub.consoles("web1"));
    }
}
