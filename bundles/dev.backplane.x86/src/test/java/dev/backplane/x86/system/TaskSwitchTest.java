package dev.backplane.x86.system;

import dev.backplane.testkit.guest.TaskGuests;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Hardware task switches (SDM 3A, chapter 9), by small guests. */
class TaskSwitchTest {
    @TestFactory
    Stream<DynamicTest> tasks() {
        return SmallGuestRunner.tests(TaskGuests.all());
    }
}
