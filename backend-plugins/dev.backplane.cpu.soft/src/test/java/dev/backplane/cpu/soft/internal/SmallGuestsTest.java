package dev.backplane.cpu.soft.internal;

import dev.backplane.testkit.guest.GuestBench;
import dev.backplane.testkit.guest.GuestCatalogue;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The small guests of the kit, as every CPU backend runs them. */
class SmallGuestsTest {
    @TestFactory
    Stream<DynamicTest> endAsTheManualSays() {
        return GuestCatalogue.all().stream()
                .map(guest -> DynamicTest.dynamicTest(
                        guest.toString(), () -> GuestBench.check(new SoftBackend(), new SoftOptions(), guest)));
    }
}
