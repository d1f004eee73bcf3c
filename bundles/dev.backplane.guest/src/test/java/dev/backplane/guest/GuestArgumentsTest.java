package dev.backplane.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
}
