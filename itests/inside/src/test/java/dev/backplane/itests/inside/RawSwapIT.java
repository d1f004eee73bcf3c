package dev.backplane.itests.inside;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;

import dev.backplane.api.vm.VmManager;
import dev.backplane.api.vm.VmState;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.inject.Inject;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.wiring.BundleWiring;

/** Generations of one plugin follow each other while its device is in use. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class RawSwapIT {
    private final List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
    private final List<Bundle> installed = new ArrayList<>();

    @Inject
    private BundleContext context;

    @Inject
    private VmManager vms;

    private CountingMachine machine;

    @Configuration
    public Option[] configuration() {
        return Distribution.with(
                systemProperty(CountingMachine.FIXTURES).value(System.getProperty(CountingMachine.FIXTURES)));
    }

    @Before
    public void define() throws Exception {
        machine = new CountingMachine(context, vms, "counting");
    }

    @After
    public void clean() throws BundleException {
        machine.close();
        for (var bundle : installed) {
            if (bundle.getState() != Bundle.UNINSTALLED) {
                bundle.uninstall();
            }
        }
    }

    private Bundle start(String generation) throws BundleException {
        var bundle = CountingMachine.install(context, generation);
        installed.add(bundle);
        bundle.start();
        loaders.add(new WeakReference<>(bundle.adapt(BundleWiring.class).getClassLoader()));
        return bundle;
    }

    private void awaitLoadersGone() throws InterruptedException {
        CountingMachine.await("the class loaders of the old generations are collected", () -> {
            System.gc();
            return loaders.stream().allMatch(loader -> loader.get() == null);
        });
    }

    @Test
    public void aPluginThatIsReinstalledTwentyTimesLosesAndDoublesNoAccessAndLeavesNoLoader() throws Exception {
        var bundle = start("v1");
        machine.start();
        for (int round = 0; round < 20; round++) {
            machine.awaitProgress();
            bundle.uninstall();
            assertEquals("VACANT", machine.counter().state());
            bundle = start("v1");
            machine.awaitState("RUNNING");
        }
        machine.awaitProgress();
        assertEquals(21, machine.counter().generation());
        bundle.uninstall();
        awaitLoadersGone();
    }

    @Test
    public void aPluginThatIsStoppedOrUpdatedGoesOnWithItsState() throws Exception {
        var bundle = start("v1");
        machine.start();
        machine.awaitProgress();
        bundle.stop();
        assertEquals("VACANT", machine.counter().state());
        assertEquals(
                "dev.backplane.itests.counter 1.0.0 was stopped",
                machine.counter().note());
        bundle.start();
        machine.awaitProgress();
        bundle.update();
        machine.awaitProgress();
        assertEquals(3, machine.counter().generation());
    }

    @Test
    public void theNextGenerationReadsTheStateOfTheOneBeforeAndTheWayBackIsRefusedWithBothNames() throws Exception {
        start("v1");
        machine.start();
        machine.awaitProgress();
        start("v2");
        assertEquals(
                Optional.of("dev.backplane.itests.counter 1.0.0"),
                machine.counter().bundle());
        installed.getFirst().uninstall();
        machine.awaitProgress();
        assertEquals(
                Optional.of("dev.backplane.itests.counter 2.0.0"),
                machine.counter().bundle());
        installed.getLast().uninstall();
        var old = start("v1");
        machine.awaitState("FAILED");
        assertTrue(
                machine.counter().note(),
                machine.counter()
                        .note()
                        .startsWith(
                                "dev.backplane.itests.counter 1.0.0 cannot take over from dev.backplane.itests.counter 2.0.0: dev.backplane.itests.counter 2.0.0 wrote version 2 of state counter: dev.backplane.itests.counter 1.0.0 reads only version 1"));
        old.uninstall();
        start("v2");
        machine.awaitProgress();
    }

    @Test
    public void aGenerationThatCannotReadTheStateLeavesItForOneThatCan() throws Exception {
        var first = start("v1");
        machine.start();
        machine.awaitProgress();
        first.uninstall();
        var bad = start("v2-bad-state");
        machine.awaitState("FAILED");
        assertTrue(machine.counter().note(), machine.counter().note().contains("reads only version 3"));
        CountingMachine.await("the machine is paused", () -> machine.vm().state() == VmState.PAUSED);
        bad.uninstall();
        start("v2");
        machine.awaitProgress();
        assertEquals(VmState.RUNNING, machine.vm().state());
    }

    @Test
    public void aGenerationWithAnotherShapeIsRefused() throws Exception {
        var first = start("v1");
        machine.start();
        machine.awaitProgress();
        first.uninstall();
        start("v2/other-shape");
        machine.awaitState("FAILED");
        assertTrue(
                machine.counter().note(),
                machine.counter()
                        .note()
                        .contains("no window count at ports 0x200-0x203, a new window count at ports 0x200-0x207"));
    }

    @Test
    public void aGenerationThatHangsIsFencedAndItsSuccessorGoesOnWhereItWas() throws Exception {
        var bundle = start("v2/hangs");
        machine.start();
        machine.awaitProgress();
        bundle.uninstall();
        assertEquals("FAILED", machine.counter().state());
        assertEquals("quiesce has not returned in time", machine.counter().note());
        bundle = start("v2");
        machine.awaitProgress();
        bundle.uninstall();
        awaitLoadersGone();
    }

    @Test
    public void aPluginThatStaysAwayPausesTheMachineUntilItIsBack() throws Exception {
        var bundle = start("v1");
        machine.start();
        machine.awaitProgress();
        bundle.stop();
        CountingMachine.await("the machine is paused", () -> machine.vm().state() == VmState.PAUSED);
        bundle.start();
        CountingMachine.await("the machine runs", () -> machine.vm().state() == VmState.RUNNING);
        machine.awaitProgress();
    }
}
