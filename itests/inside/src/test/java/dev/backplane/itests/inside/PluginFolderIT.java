package dev.backplane.itests.inside;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;
import static org.ops4j.pax.exam.CoreOptions.frameworkProperty;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;

import dev.backplane.api.vm.OfferedType;
import dev.backplane.api.vm.VmManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import javax.inject.Inject;
import org.junit.After;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.BundleContext;

/** Jars come into the plugin folder of a process that runs machines, are replaced there, and go. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class PluginFolderIT {
    private static final String HOME = "itests.home";

    @Inject
    private BundleContext context;

    @Inject
    private VmManager vms;

    private Path plugins;
    private PrintingMachine neighbour;
    private CountingMachine machine;

    @Configuration
    public Option[] configuration() throws IOException {
        var home = Files.createTempDirectory("backplane-it");
        Files.createDirectory(home.resolve("plugins"));
        return Distribution.with(
                systemProperty(CountingMachine.FIXTURES).value(System.getProperty(CountingMachine.FIXTURES)),
                systemProperty(HOME).value(home.toString()),
                frameworkProperty("backplane.home").value(home.toString()),
                frameworkProperty("backplane.state").value(home.resolve("state").toString()));
    }

    @After
    public void clean() {
        machine.close();
        neighbour.close();
    }

    @Test
    public void aTypeThatComesWhileAMachineRunsIsUsedByTheNextReplacedAndTakenAwayAndTheFirstNoticesNothing()
            throws Exception {
        plugins = Path.of(System.getProperty(HOME), "plugins");
        neighbour = new PrintingMachine(vms, "neighbour");
        neighbour.start();
        neighbour.awaitProgress();
        machine = new CountingMachine(context, vms, "counting");
        assertEquals(List.of(), versions());

        drop("v1");
        CountingMachine.await("the type is offered", () -> versions().equals(List.of("1.0.0")));
        machine.start();
        machine.awaitProgress();

        drop("v2");
        CountingMachine.await(
                "the part is of the new version; " + machine.counter(),
                () -> machine.counter().bundle().equals(Optional.of("dev.backplane.itests.counter 2.0.0"))
                        && machine.counter().state().equals("RUNNING"));
        machine.awaitProgress();
        CountingMachine.await("the old version has gone", () -> versions().equals(List.of("2.0.0")));
        assertEquals(2, machine.counter().generation());

        Files.delete(plugins.resolve("counter.jar"));
        CountingMachine.await("it is told who needs it", () -> !vms.unused().isEmpty());
        assertEquals(
                "plugins/counter.jar was taken out and is still in use: counting/counter needs it; it goes when they have ended, or when another version takes its place",
                vms.unused().getFirst());
        machine.awaitProgress();
        assertEquals(List.of("2.0.0"), versions());

        drop("v2");
        CountingMachine.await("nothing is told any more", () -> vms.unused().isEmpty());
        machine.awaitProgress();
        assertEquals(2, machine.counter().generation());

        drop("counter.jar", "v2/other-shape");
        CountingMachine.await("it is told", () -> !vms.unused().isEmpty());
        assertTrue(
                vms.unused().toString(),
                vms.unused()
                        .getFirst()
                        .contains("dev.backplane.itests.counter 2.0.0, which was there before, stays in use"));
        machine.awaitProgress();
        assertEquals(List.of("2.0.0"), versions());
        drop("v2");
        CountingMachine.await("nothing is told any more", () -> vms.unused().isEmpty());

        drop("copy of it.jar", "v2");
        CountingMachine.await("the copy is told", () -> !vms.unused().isEmpty());
        assertTrue(
                vms.unused().toString(),
                vms.unused()
                        .getFirst()
                        .startsWith("plugins/copy of it.jar is not in use: it is a copy of counter.jar"));
        assertEquals(List.of("2.0.0"), versions());
        Files.delete(plugins.resolve("copy of it.jar"));
        Files.delete(plugins.resolve("counter.jar"));
        CountingMachine.await("it is told who needs it", () -> !vms.unused().isEmpty());
        machine.vm().kill("over");
        CountingMachine.await("it has gone", () -> versions().isEmpty());
        assertEquals(List.of(), vms.unused());
        neighbour.endAndCompare();
    }

    private List<String> versions() {
        return vms.types().stream()
                .filter(type -> type.type().equals("counter"))
                .map(OfferedType::version)
                .toList();
    }

    private void drop(String generation) throws IOException {
        drop("counter.jar", generation);
    }

    private void drop(String name, String generation) throws IOException {
        var part = Files.copy(CountingMachine.jar(generation), plugins.resolve(name + ".part"));
        Files.move(part, plugins.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }
}
