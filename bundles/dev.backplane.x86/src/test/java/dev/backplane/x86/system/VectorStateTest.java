package dev.backplane.x86.system;

import dev.backplane.testkit.guest.VectorGuests;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** When AVX and BMI may be used, their state and their faults (SDM 1, 13 and 14; 2, 2.3), by small guests. */
class VectorStateTest {
    @TestFactory
    Stream<DynamicTest> vectors() {
        return SmallGuestRunner.tests(VectorGuests.all());
    }
}
