package dev.backplane.x86.system;

import dev.backplane.testkit.guest.SegmentationGuests;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Segments and what they allow (SDM 3A, 3.4 and 6.3 to 6.10), by small guests. */
class SegmentationTest {
    @TestFactory
    Stream<DynamicTest> segmentation() {
        return SmallGuestRunner.tests(SegmentationGuests.all());
    }
}
