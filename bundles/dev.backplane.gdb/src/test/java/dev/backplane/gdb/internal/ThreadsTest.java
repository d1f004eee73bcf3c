package dev.backplane.gdb.internal;

import static dev.backplane.api.debug.RunMode.RUN;
import static dev.backplane.api.debug.RunMode.STAY;
import static dev.backplane.api.debug.RunMode.STEP;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code vCont} and its relatives (gdb manual, E.2). */
class ThreadsTest {
    private final Threads threads = new Threads(3);

    @Test
    void firstActionThatNamesAThreadIsIts() {
        assertEquals(List.of(RUN, RUN, RUN), threads.actions("c"));
        assertEquals(List.of(STAY, STEP, STAY), threads.actions("s:2"));
        assertEquals(List.of(RUN, STEP, RUN), threads.actions("s:2;c"));
        assertEquals(List.of(STEP, STAY, RUN), threads.actions("S05:1;C02:3"));
        assertEquals(List.of(RUN, RUN, RUN), threads.actions("c:-1;s:1"));
    }

    @Test
    void unknownActionsAndThreadsAreRefused() {
        assertNull(threads.actions("t:1"));
        assertThrows(IllegalArgumentException.class, () -> threads.actions("c:9"));
        assertThrows(IllegalArgumentException.class, () -> threads.parse("4"));
        assertThrows(IllegalArgumentException.class, () -> threads.parse("x"));
    }

    @Test
    void stepWithoutThreadsIsTheSelectedOnes() {
        threads.select("c2");
        assertEquals(List.of(STAY, STEP, STAY), threads.all(true));
        threads.select("c-1");
        threads.select("g3");
        assertEquals(List.of(STAY, STAY, STEP), threads.all(true));
        assertEquals("m1,2,3", threads.list());
    }
}
