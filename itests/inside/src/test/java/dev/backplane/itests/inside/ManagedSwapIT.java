package dev.backplane.itests.inside;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;
import static org.ops4j.pax.exam.CoreOptions.bundle;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;

import dev.backplane.api.vm.VmManager;
import dev.backplane.itests.swaps.KernelDoor;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.time.Duration;
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

/** A device that is in use moves to a generation of its plugin that is installed beside the old one, and stays where that fails. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class ManagedSwapIT {
    private static final String FIXTURES = "fixtures";
    private static final Duration BAY = Duration.ofSeconds(10);
    private static final String COUNTER = "dev.backplane.itests.counter";

    private final List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
    private final List<Bundle> installed = new ArrayList<>();

    @Inject
    private BundleContext context;

    @Inject
    private VmManager vms;

    private CountingMachine machine;
    private KernelDoor kernel;

    @Configuration
    public Option[] configuration() {
        return Distribution.with(
                systemProperty(FIXTURES).value(System.getProperty(FIXTURES)),
                bundle(jar("swaps", "dev.backplane.itests.swaps")));
    }

    private static String jar(String folder, String name) {
        return Path.of(System.getProperty(FIXTURES), folder, "target", name + "-1.0.0-SNAPSHOT.jar")
                .toUri()
                .toString();
    }

    @Before
    public void define() throws Exception {
        machine = new CountingMachine(context, vms, "counting");
        kernel = new KernelDoor(vms);
    }

    @After
    public void clean() throws BundleException {
        machine.close();
        for (var each : installed) {
            if (each.getState() != Bundle.UNINSTALLED) {
                each.uninstall();
            }
        }
    }

    private Bundle start(String generation) throws BundleException {
        var made = context.installBundle(jar(generation, COUNTER + "-" + generation));
        installed.add(made);
        made.start();
        loaders.add(new WeakReference<>(made.adapt(BundleWiring.class).getClassLoader()));
        return made;
    }

    private List<Object> offers(Bundle plugin) throws Exception {
        return kernel.offers(COUNTER, plugin.getVersion().toString());
    }

    private KernelDoor.Report move(Bundle old, Bundle next) throws Exception {
        return kernel.move("counting", offers(old), offers(next), BAY);
    }

    private void assertVersion(String version) {
        assertEquals(Optional.of(COUNTER + " " + version), machine.counter().bundle());
    }

    private void uninstallAll() throws Exception {
        for (var each : installed) {
            if (each.getState() != Bundle.UNINSTALLED) {
                each.uninstall();
            }
        }
        CountingMachine.await("the class loaders are collected", () -> {
            System.gc();
            return loaders.stream().allMatch(loader -> loader.refersTo(null));
        });
    }

    private void assertStays(String generation, String outcomes, String why) throws Exception {
        var old = start("v1");
        machine.start();
        machine.awaitProgress();
        var next = start(generation);
        var report = move(old, next);
        machine.awaitProgress();
        assertVersion("1.0.0");
        assertEquals(
                outcomes,
                report.moves().stream().map(KernelDoor.Move::outcome).toList().toString());
        assertTrue(report.toString(), report.failure().orElseThrow().toString().contains(why));
        next.uninstall();
        machine.awaitProgress();
        assertEquals("RUNNING", machine.counter().state());
        uninstallAll();
    }

    @Test
    public void aDeviceMovesAndTheOldPluginLeavesNothing() throws Exception {
        var old = start("v1");
        machine.start();
        machine.awaitProgress();
        var next = start("v2");
        var rehearsed = kernel.rehearse("counting", offers(old), offers(next), BAY);
        assertEquals(Optional.empty(), rehearsed.failure());
        machine.awaitProgress();
        assertVersion("1.0.0");
        var report = move(old, next);
        assertEquals(Optional.empty(), report.failure());
        machine.awaitProgress();
        assertVersion("2.0.0");
        var back = move(next, old);
        assertTrue(
                back.toString(), back.failure().orElseThrow().toString().contains("writes version 2 of state counter"));
        assertEquals(List.of(), back.moves());
        old.uninstall();
        machine.awaitProgress();
        assertEquals(2, machine.counter().generation());
        uninstallAll();
    }

    @Test
    public void oneThatThrowsIsRolledBack() throws Exception {
        assertStays("v2-throws", "[ROLLED_BACK]", "is too much");
    }

    @Test
    public void oneWhoseHealthCheckFailsIsRolledBack() throws Exception {
        assertStays("v2-unhealthy", "[ROLLED_BACK]", "its health check failed");
    }

    @Test
    public void oneThatDoesNotReadTheStateIsRefused() throws Exception {
        assertStays("v2-bad-state", "[]", "writes version 1 of state counter");
    }

    @Test
    public void oneOfAnotherShapeIsRefused() throws Exception {
        assertStays("v2-other-shape", "[]", "shows the guest another shape");
    }

    @Test
    public void oneThatNeverComesToRestIsFencedWhenItIsReplacedItself() throws Exception {
        var old = start("v1");
        machine.start();
        machine.awaitProgress();
        var stuck = start("v2-hangs");
        assertEquals(Optional.empty(), move(old, stuck).failure());
        machine.awaitProgress();
        var next = start("v2");
        var report = move(stuck, next);
        assertEquals(Optional.empty(), report.failure());
        assertEquals("FENCED", report.moves().getFirst().outcome());
        machine.awaitProgress();
        assertVersion("2.0.0");
    }
}
