package dev.backplane.itests.inside;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.api.vm.VmState;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
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

/** A machine finds its parts among the framework's services, or says what is missing. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class WiringIT {

    @Inject
    private BundleContext context;

    @Inject
    private VmManager vms;

    private CountingMachine machine;
    private Bundle counter;

    @Configuration
    public Option[] configuration() {
        return Distribution.with(
                systemProperty(CountingMachine.FIXTURES).value(System.getProperty(CountingMachine.FIXTURES)));
    }

    @Before
    public void install() throws Exception {
        counter = CountingMachine.install(context, "v1");
        machine = new CountingMachine(context, vms, "wired");
    }

    @After
    public void clean() throws Exception {
        machine.close();
        counter.uninstall();
    }

    @Test
    public void aMissingTypeIsNamedWithItsPlaceAndThePluginThatWouldOfferIt() throws Exception {
        var failure = assertThrows(VmException.class, machine::start);
        assertTrue(
                failure.getMessage(),
                failure.getMessage()
                        .startsWith(
                                "wired.yaml:5:18: counter.type: no installed plugin offers the device type \"counter\"; the plugin dev.backplane.itests.counter 1.0.0 would offer it, but "));
        assertTrue(failure.getMessage(), failure.getMessage().contains("serial-16550"));
        assertEquals(VmState.FAILED, machine.vm().state());
        var outcome = machine.vm().outcome().toCompletableFuture().get(1, TimeUnit.SECONDS);
        assertEquals(failure.getMessage(), outcome.reason());
    }

    @Test
    public void aMachineIsStartedPausedResumedKilledAndForgotten() throws Exception {
        counter.start();
        assertEquals(VmState.DEFINED, machine.vm().state());
        machine.start();
        assertEquals(VmState.RUNNING, machine.vm().state());
        machine.awaitProgress();
        machine.vm().pause();
        assertEquals(VmState.PAUSED, machine.vm().state());
        assertEquals("QUIESCED", machine.counter().state());
        machine.vm().resume();
        machine.awaitProgress();
        machine.vm().kill("the test is over");
        var outcome = machine.vm().outcome().toCompletableFuture().get(1, TimeUnit.SECONDS);
        assertEquals(new Vm.Outcome(VmState.STOPPED, 0, "the test is over"), outcome);
        machine.vm().remove();
        assertTrue(vms.find("wired").isEmpty());
    }

    @Test
    public void withPatienceAMachineWaitsForItsPlugin() throws Exception {
        var starter = Thread.ofPlatform().start(() -> {
            try {
                machine.vm().start(Duration.ofSeconds(20));
            } catch (VmException e) {
                throw new IllegalStateException(e);
            }
        });
        CountingMachine.await("it waits", () -> machine.vm().state() == VmState.WIRING);
        counter.start();
        assertTrue(starter.join(Duration.ofSeconds(20)));
        machine.awaitProgress();
    }

    @Test
    public void theTypesOfAnInstalledPluginAreListedWhileItIsStarted() throws Exception {
        counter.start();
        assertTrue(vms.types().stream()
                .anyMatch(type -> type.kind().equals("device")
                        && type.type().equals("counter")
                        && type.bundle().equals("dev.backplane.itests.counter")
                        && type.version().equals("1.0.0")));
        counter.stop();
        assertTrue(vms.types().stream().noneMatch(type -> type.type().equals("counter")));
    }
}
