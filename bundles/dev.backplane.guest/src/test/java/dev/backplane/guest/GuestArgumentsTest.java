package dev.backplane.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

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
}
