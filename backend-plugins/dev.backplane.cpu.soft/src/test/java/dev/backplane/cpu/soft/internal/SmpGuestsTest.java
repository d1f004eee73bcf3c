package dev.backplane.cpu.soft.internal;

import dev.backplane.testkit.guest.GuestCatalogue;
import dev.backplane.testkit.guest.SmpBench;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every guest of several vCPUs of the test kit ends as it has to interpreted. {@code -Dbackplane.smp.runs=100} tries harder. */
class SmpGuestsTest {
    @TestFactory
    Stream<DynamicTest> ends() {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        return IntStream.range(0, Integer.getInteger("backplane.smp.runs", 2))
                .boxed()
                .flatMap(run -> GuestCatalogue.ofSeveralVcpus(seed + run).stream())
                .map(guest -> DynamicTest.dynamicTest(
                        guest.toString(), () -> SmpBench.check(new SoftBackend(), new SoftOptions(), guest)));
    }
}
