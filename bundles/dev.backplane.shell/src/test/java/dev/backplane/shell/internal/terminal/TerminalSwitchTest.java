package dev.backplane.shell.internal.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.console.HostTerminal;
import dev.backplane.api.console.TerminalSize;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TerminalSwitchTest {
    private static final String SWITCH = "\1c";

    private final FakeHost host = new FakeHost(true);
    private final ByteArrayOutputStream messages = new ByteArrayOutputStream();
    private TerminalSwitch terminal = open(host);

    @AfterEach
    void close() {
        terminal.close();
    }

    @Test
    void terminalIsRawExactlyWhileAStreamIsAttached() throws Exception {
        assertFalse(host.isRaw());
        HostTerminal.Attachment one = terminal.attach("one", new Typed());
        HostTerminal.Attachment two = terminal.attach("two", new Typed());
        assertTrue(host.isRaw());
        one.close();
        one.close();
        assertTrue(host.isRaw());
        two.close();
        assertFalse(host.isRaw());
        terminal.attach("three", new Typed());
        assertTrue(host.isRaw());
        terminal.close();
        assertFalse(host.isRaw());
    }

    @Test
    void keysGoToTheLastStreamAttachedAndOutputComesFromIt() throws Exception {
        Typed first = new Typed();
        Typed second = new Typed();
        HostTerminal.Attachment one = terminal.attach("one", first);
        HostTerminal.Attachment two = terminal.attach("two", second);
        host.type("ls\r");
        FakeHost.await(() -> second.text().equals("ls\r"));
        write(one, "hidden");
        write(two, "shown");
        assertEquals("shown", host.shown());
        two.close();
        assertEquals("shownhidden", host.shown());
        host.type("pwd\r");
        FakeHost.await(() -> first.text().equals("pwd\r"));
        assertThrows(IOException.class, () -> write(two, "gone"));
    }

    @Test
    void aNewSizeIsToldToAllStreams() throws Exception {
        Typed first = new Typed();
        Typed second = new Typed();
        terminal.attach("one", first);
        terminal.attach("two", second);
        assertEquals(new TerminalSize(80, 24), terminal.size());
        host.resize(50, 132);
        FakeHost.await(() -> first.resized == 1 && second.resized == 1);
        assertEquals(new TerminalSize(132, 50), terminal.size());
        host.resize(24, 80);
        FakeHost.await(() -> first.resized == 2 && second.resized == 2);
    }

    @Test
    void switchKeyOpensTheShellAndThenAlternates() throws Exception {
        Typed guest = new Typed();
        Typed shell = new Typed();
        HostTerminal.Attachment console = terminal.attach("guest", guest);
        AtomicInteger opened = new AtomicInteger();
        terminal.listen(new KeyListener() {
            @Override
            public void quit() {}

            @Override
            public void shell() {
                opened.incrementAndGet();
            }
        });
        host.type(SWITCH);
        FakeHost.await(() -> opened.get() == 1);
        HostTerminal.Attachment gogo = terminal.attachShell(shell);
        host.type("types\r");
        FakeHost.await(() -> shell.text().equals("types\r"));
        write(console, "[  1.0] kernel");
        write(gogo, "> ");
        assertEquals("> ", host.shown());
        host.type(SWITCH + "ls");
        FakeHost.await(() -> guest.text().equals("ls"));
        assertEquals("> [  1.0] kernel", host.shown());
        host.type(SWITCH + "x");
        FakeHost.await(() -> shell.text().equals("types\rx"));
        assertEquals(1, opened.get());
        assertTrue(messages().contains("[guest]\r\n"), messages());
    }

    @Test
    void consoleThatComesBackLeavesTheKeyboardToTheShell() throws Exception {
        HostTerminal.Attachment console = terminal.attach("guest", new Typed());
        Typed shell = new Typed();
        terminal.attachShell(shell);
        console.close();
        Typed back = new Typed();
        terminal.attach("guest", back);
        host.type("update 7\r");
        FakeHost.await(() -> shell.text().equals("update 7\r"));
        assertEquals("", back.text());
    }

    @Test
    void quitKeyIsToldEvenWhileTheGuestTakesNothing() throws Exception {
        AtomicInteger quits = new AtomicInteger();
        terminal.listen(new KeyListener() {
            @Override
            public void quit() {
                quits.incrementAndGet();
            }

            @Override
            public void shell() {}
        });
        Typed stuck = new Typed();
        stuck.room = 0;
        terminal.attach("stuck", stuck);
        for (int i = 0; i < 20; i++) {
            host.type("x".repeat(1000));
        }
        host.type("\1x");
        FakeHost.await(() -> quits.get() == 1);
        assertTrue(messages().contains("\7"), "what is lost rings the bell");
    }

    @Test
    void keysThatHadNoRoomFollowInOrderWhenThereIsSome() throws Exception {
        Typed slow = new Typed();
        slow.room = 2;
        HostTerminal.Attachment attachment = terminal.attach("slow", slow);
        host.type("abc");
        host.type("def");
        FakeHost.await(() -> host.reads() == 2);
        assertEquals("ab", slow.text());
        slow.room = 3;
        attachment.ready();
        FakeHost.await(() -> slow.text().equals("abcde"));
        slow.room = 100;
        attachment.ready();
        FakeHost.await(() -> slow.text().equals("abcdef"));
    }

    @Test
    void pipeIsReadNoFasterThanItIsTakenAndHasNoEscapeKeys() throws Exception {
        FakeHost pipe = new FakeHost(false);
        TerminalSwitch plain = open(pipe);
        Typed slow = new Typed();
        slow.room = 3;
        HostTerminal.Attachment attachment = plain.attach("slow", slow);
        assertFalse(pipe.isRaw());
        pipe.type("\1xab");
        pipe.type("cd");
        FakeHost.await(() -> slow.text().equals("\1xa"));
        Thread.sleep(50);
        assertEquals(1, pipe.reads());
        slow.room = 100;
        attachment.ready();
        FakeHost.await(() -> slow.text().equals("\1xabcd"));
        pipe.endInput();
        write(attachment, "still here");
        assertEquals("still here", pipe.shown());
        plain.close();
    }

    @Test
    void messageStartsALineOfItsOwnOnARawTerminal() throws Exception {
        HostTerminal.Attachment attachment = terminal.attach("guest", new Typed());
        write(attachment, "prompt$ ");
        terminal.message("one\ntwo");
        terminal.message("three");
        attachment.close();
        terminal.message("four");
        assertEquals("\r\none\r\ntwo\r\nthree\r\nfour\n", messages());
    }

    @Test
    void helpKeyListsTheKeys() throws Exception {
        terminal.attach("guest", new Typed());
        host.type("\1h");
        FakeHost.await(() -> messages().contains("Ctrl-A x"));
        assertTrue(messages().endsWith("\r\n"), messages());
    }

    private TerminalSwitch open(FakeHost on) {
        return new TerminalSwitch(on, new PrintStream(messages, true, StandardCharsets.ISO_8859_1));
    }

    private String messages() {
        return messages.toString(StandardCharsets.ISO_8859_1);
    }

    private static void write(HostTerminal.Attachment attachment, String text) throws IOException {
        attachment.write(text.getBytes(StandardCharsets.ISO_8859_1), 0, text.length());
    }

    private static final class Typed implements HostTerminal.Input {
        private final StringBuffer seen = new StringBuffer();
        volatile int room = Integer.MAX_VALUE;
        volatile int resized;

        @Override
        public int accept(byte[] bytes, int offset, int length) {
            int taken = Math.min(room, length);
            seen.append(new String(bytes, offset, taken, StandardCharsets.ISO_8859_1));
            room -= taken;
            return taken;
        }

        @Override
        public void resized() {
            resized++;
        }

        String text() {
            return seen.toString();
        }
    }
}
