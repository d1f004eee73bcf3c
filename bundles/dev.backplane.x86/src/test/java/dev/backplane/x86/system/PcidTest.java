package dev.backplane.x86.system;

import dev.backplane.testkit.guest.TlbGuests;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What a TLB has to forget, and process-context identifiers (SDM 3A, 5.10), by small guests. */
class PcidTest {
    @TestFactory
    Stream<DynamicTest> translations() {
        return SmallGuestRunner.tests(TlbGuests.all());
    }
}
