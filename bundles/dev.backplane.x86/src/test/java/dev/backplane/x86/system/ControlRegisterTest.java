package dev.backplane.x86.system;

import dev.backplane.testkit.guest.ControlGuests;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Control registers, modes, MSRs and tables (SDM 3A, 2.5 and 11.8), by small guests. */
class ControlRegisterTest {
    @TestFactory
    Stream<DynamicTest> controlRegisters() {
        return SmallGuestRunner.tests(ControlGuests.all());
    }
}
