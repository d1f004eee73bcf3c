package dev.backplane.itests.inside;

import static org.junit.Assert.assertEquals;

import dev.backplane.api.vm.VmManager;
import dev.backplane.api.vm.VmState;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

/** The built-in plugins are replaced while a guest prints through them: no byte is lost, doubled or reordered. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class SerialSwapIT {
    private static final String SERIAL = "dev.backplane.device.serial";
    private static final String CONSOLE = "dev.backplane.console.file";
    private static final String CPU = "dev.backplane.cpu.soft";

    private final List<WeakReference<ClassLoader>> loaders = new ArrayList<>();

    @Inject
    private BundleContext context;

    @Inject
    private VmManager vms;

    private PrintingMachine machine;

    @Configuration
    public Option[] configuration() {
        return Distribution.with();
    }

    @Before
    public void start() throws Exception {
        machine = new PrintingMachine(vms, "printing");
        machine.start();
    }

    @After
    public void end() {
        machine.close();
    }

    private Bundle bundle(String symbolicName) {
        return Arrays.stream(context.getBundles())
                .filter(bundle -> symbolicName.equals(bundle.getSymbolicName()))
                .findFirst()
                .orElseThrow();
    }

    private void reinstall(String symbolicName) throws BundleException {
        var old = bundle(symbolicName);
        loaders.add(new WeakReference<>(old.adapt(BundleWiring.class).getClassLoader()));
        old.uninstall();
        context.installBundle(old.getLocation()).start();
    }

    private void awaitLoadersGone() throws InterruptedException {
        CountingMachine.await("the class loaders of the old generations are collected", () -> {
            System.gc();
            return loaders.stream().allMatch(loader -> loader.get() == null);
        });
    }

    private void replace(String symbolicName, String bay, int rounds) throws Exception {
        for (int round = 0; round < rounds; round++) {
            machine.awaitProgress();
            reinstall(symbolicName);
        }
        machine.awaitProgress();
        assertEquals(rounds + 1, machine.info(bay).generation());
        machine.endAndCompare();
        awaitLoadersGone();
    }

    @Test
    public void theSerialPortIsReplacedTwentyTimes() throws Exception {
        replace(SERIAL, "com1", 20);
    }

    @Test
    public void theConsoleIsReplacedTenTimes() throws Exception {
        replace(CONSOLE, "com1.console", 10);
    }

    @Test
    public void theInterpreterIsReplacedTenTimes() throws Exception {
        replace(CPU, "cpu", 10);
    }

    @Test
    public void allThreeAreAwayAtTheSameTimeAndComeBackInAnyOrder() throws Exception {
        for (var order :
                List.of(List.of(SERIAL, CONSOLE, CPU), List.of(CPU, CONSOLE, SERIAL), List.of(CONSOLE, CPU, SERIAL))) {
            machine.awaitProgress();
            for (var name : order) {
                bundle(name).stop();
            }
            CountingMachine.await("the machine is paused", () -> machine.vm().state() == VmState.PAUSED);
            for (var name : order) {
                bundle(name).start();
            }
            CountingMachine.await("the machine runs", () -> machine.vm().state() == VmState.RUNNING);
        }
        machine.awaitProgress();
        machine.endAndCompare();
    }
}
