package dev.backplane.x86.system;

import dev.backplane.testkit.guest.DebugGuests;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Breakpoints, single steps and debug registers (SDM 3B, 19.2 and 19.3), by small guests. */
class DebugRegisterTest {
    @TestFactory
    Stream<DynamicTest> debugRegisters() {
        return SmallGuestRunner.tests(DebugGuests.all());
    }
}
