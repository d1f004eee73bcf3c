package dev.backplane.x86.system;

import dev.backplane.testkit.guest.GateGuests;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Far transfers, call gates and far returns (SDM 3A, 6.8), by small guests. */
class GateTest {
    @TestFactory
    Stream<DynamicTest> gates() {
        return SmallGuestRunner.tests(GateGuests.all());
    }
}
