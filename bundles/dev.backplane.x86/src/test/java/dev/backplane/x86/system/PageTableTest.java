package dev.backplane.x86.system;

import dev.backplane.testkit.guest.PagingGuests;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Page tables of all kinds (SDM 3A, chapter 5), by small guests. */
class PageTableTest {
    @TestFactory
    Stream<DynamicTest> pageTables() {
        return SmallGuestRunner.tests(PagingGuests.all());
    }
}
