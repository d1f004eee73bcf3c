package dev.backplane.x86.system;

import dev.backplane.testkit.guest.EventGuests;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Exceptions and software interrupts (SDM 3A, chapter 7), by small guests. */
class EventTest {
    @TestFactory
    Stream<DynamicTest> events() {
        return SmallGuestRunner.tests(EventGuests.all());
    }
}
