package dev.backplane.x86.system;

import dev.backplane.testkit.guest.SystemCallGuests;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** SYSCALL, SYSENTER, SWAPGS and bases (SDM 2B), by small guests. */
class FastSystemCallTest {
    @TestFactory
    Stream<DynamicTest> systemCalls() {
        return SmallGuestRunner.tests(SystemCallGuests.all());
    }
}
