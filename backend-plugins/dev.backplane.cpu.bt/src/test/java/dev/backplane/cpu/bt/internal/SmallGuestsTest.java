package dev.backplane.cpu.bt.internal;

import dev.backplane.cpu.bt.internal.host.HostProbe;
import dev.backplane.testkit.guest.GuestBench;
import dev.backplane.testkit.guest.GuestCatalogue;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every small guest of the test kit ends translated as it does interpreted. */
class SmallGuestsTest {
    @TestFactory
    Stream<DynamicTest> ends() {
        Assumptions.assumeTrue(HostProbe.obstacle().isEmpty(), HostProbe.obstacle());
        return GuestCatalogue.all().stream()
                .map(guest -> DynamicTest.dynamicTest(
                        guest.toString(), () -> GuestBench.check(new BtBackend(), new BtOptions(true, false), guest)));
    }
}
