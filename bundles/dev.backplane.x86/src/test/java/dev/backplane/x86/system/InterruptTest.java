package dev.backplane.x86.system;

import dev.backplane.testkit.guest.InterruptGuests;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** When pending interrupts are taken (SDM 3A, 7.7 to 7.9 and 12.8), by small guests. */
class InterruptTest {
    @TestFactory
    Stream<DynamicTest> interrupts() {
        return SmallGuestRunner.tests(InterruptGuests.all());
    }
}
