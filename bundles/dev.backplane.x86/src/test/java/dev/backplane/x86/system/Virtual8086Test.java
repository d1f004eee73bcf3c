package dev.backplane.x86.system;

import dev.backplane.testkit.guest.Virtual8086Guests;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Virtual-8086 mode, its extensions, and real mode (SDM 3B, chapter 22), by small guests. */
class Virtual8086Test {
    @TestFactory
    Stream<DynamicTest> virtual8086() {
        return SmallGuestRunner.tests(Virtual8086Guests.all());
    }
}
