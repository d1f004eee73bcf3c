package dev.backplane.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.DeviceFactory;
import dev.backplane.testkit.Toy.Fault;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** The contract, run on devices with one fault each: it passes a sound one and finds every fault. */
class ContractFindsFaultsTest {
    private static final ThreadLocal<Fault> FAULT = ThreadLocal.withInitial(() -> Fault.NONE);

    @Test
    void aSoundDevicePasses() {
        TestExecutionSummary summary = run(Fault.NONE);
        assertEquals(List.of(), failures(summary));
        assertTrue(summary.getTestsSucceededCount() >= 11);
    }

    @ParameterizedTest
    @CsvSource({
        "FORGETS_ITS_STATE, aReplacedDeviceBehavesAsOneThatWasLeftAlone",
        "FORGETS_ITS_STATE, aRestoredDeviceSavesTheStateItWasMadeFrom",
        "RAISES_ITS_LINE_WHEN_MADE, aNewDeviceDoesNothingBeforeItIsResumedAndServesItsWindows",
        "KEEPS_ITS_STATE_THROUGH_A_RESET, aSystemResetBringsBackThePowerOnState",
        "TRUSTS_THE_GUEST, noSequenceOfAccessesMakesItThrow",
        "TRUSTS_A_STATE, aDamagedStateIsRefusedOrHarmless",
        "IS_KEPT_BY_ITS_FACTORY, aHundredLivesLeaveNothingBehind",
        "SERVES_NO_WINDOW, aNewDeviceDoesNothingBeforeItIsResumedAndServesItsWindows",
    })
    void aFaultIsFound(Fault fault, String test) {
        List<String> failures = failures(run(fault));
        assertTrue(failures.contains(test), () -> fault + " made only these fail: " + failures);
    }

    private static TestExecutionSummary run(Fault fault) {
        FAULT.set(fault);
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(DiscoverySelectors.selectClass(ToyContract.class))
                                .build(),
                        listener);
        return listener.getSummary();
    }

    private static List<String> failures(TestExecutionSummary summary) {
        return List.copyOf(summary.getFailures().stream()
                .map(failure -> failure.getTestIdentifier().getDisplayName().replace("()", ""))
                .collect(Collectors.toCollection(TreeSet::new)));
    }

    /** Run by the tests above, on their thread. */
    static class ToyContract extends DeviceContract<Toy.Options, Toy.State> {
        private final Toy.Factory factory = new Toy.Factory(FAULT.get());

        @Override
        protected DeviceFactory<Toy.Options, Toy.State> factory() {
            return factory;
        }

        @Override
        protected Toy.Options options() {
            return new Toy.Options(0x300);
        }

        @Override
        protected void use(DeviceBench<Toy.Options, Toy.State> bench) {
            bench.out(0x300, 1, 7);
        }

        @Override
        protected List<?> observe(DeviceBench<Toy.Options, Toy.State> bench) {
            return List.of(bench.in(0x300, 1), bench.line("irq").isUp());
        }
    }
}
