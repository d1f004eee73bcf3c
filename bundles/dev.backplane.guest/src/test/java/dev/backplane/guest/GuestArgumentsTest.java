package dev.backplane.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GuestArgumentsTest {
    @Test
    void consoleArgumentsCarryTheTerminal() {
        assertEquals(
                "backplane.rows=24 backplane.cols=80 backplane.term=xterm-256color",
                GuestArguments.console(24, 80, "xterm-256color").words());
    }

    @Test
    void commandNeedsNothingElse() {
        assertEquals("backplane.exec", GuestArguments.command().words());
    }

    @Test
    void whatIsUnknownOrMalformedIsLeftOut() {
        assertEquals("", GuestArguments.console(0, 80, "").words());
        assertEquals("", GuestArguments.console(24, 1 << 20, "x init=/bin/sh").words());
    }

    @Test
    void diskAndPageAreToldToo() {
        assertEquals(
                "backplane.exec backplane.root=/dev/vda backplane.page=http://10.0.2.2:1234/",
                GuestArguments.command()
                        .on("/dev/vda")
                        .withPage("http://10.0.2.2:1234/")
                        .words());
        for (String odd : new String[] {"/dev/vda init=/bin/sh", "vda", "/dev/../x"}) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> GuestArguments.command().on(odd));
        }
        assertThrows(
                IllegalArgumentException.class, () -> GuestArguments.command().withPage("http://x/ init=y"));
    }

    @Test
    void aGuestThatWaitsIsToldWhatIsOfThisRunAndThenToGo() {
        Instant now = Instant.ofEpochSecond(1_800_000_000);
        assertEquals(
                "seed AQID\ntime 1800000000\nrows 24\ncols 80\nterm xterm\ngo\n",
                GuestArguments.console(24, 80, "xterm").handOver(new byte[] {1, 2, 3}, now, Optional.empty()));
        String told = GuestArguments.command().handOver(new byte[64], now, Optional.of("echo a\ngo"));
        assertEquals(4, told.lines().count(), told);
        assertTrue(told.contains("\ncommand " + "ZWNobyBhCmdvCg==" + "\ngo\n"), told);
    }
}
