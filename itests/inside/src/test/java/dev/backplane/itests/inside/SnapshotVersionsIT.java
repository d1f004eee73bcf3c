package dev.backplane.itests.inside;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;

import dev.backplane.api.vm.RestoreOptions;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import javax.inject.Inject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

/** A snapshot is of one generation of a plugin, and another one is there when a machine is to go on from it. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class SnapshotVersionsIT {
    @Inject
    private BundleContext context;

    @Inject
    private VmManager vms;

    @Configuration
    public Option[] configuration() {
        return Distribution.with(
                systemProperty(CountingMachine.FIXTURES).value(System.getProperty(CountingMachine.FIXTURES)));
    }

    private Bundle start(String generation) throws Exception {
        Bundle bundle = CountingMachine.install(context, generation);
        bundle.start();
        return bundle;
    }

    @Test
    public void theNextGenerationGoesOnFromASnapshotAndTheWayBackIsRefusedWithBothNames() throws Exception {
        Path folder = Files.createTempDirectory("backplane-it");
        Bundle v1 = start("v1");
        try (CountingMachine machine = new CountingMachine(context, vms, "kept")) {
            machine.start();
            machine.awaitProgress();
            machine.keep(folder.resolve("old"));
            v1.uninstall();

            Bundle v2 = start("v2");
            machine.goOnFrom(vms, folder.resolve("old"));
            machine.awaitProgress();
            assertEquals(
                    Optional.of("dev.backplane.itests.counter " + v2.getVersion()),
                    machine.counter().bundle());
            machine.keep(folder.resolve("new"));
            v2.uninstall();

            v1 = start("v1");
            String refused = assertThrows(
                            VmException.class, () -> vms.restore(folder.resolve("new"), RestoreOptions.PLAIN))
                    .getMessage();
            assertTrue(
                    refused,
                    refused.contains("counter: dev.backplane.itests.counter %s wrote version 2 of state counter: "
                                    .formatted(v2.getVersion())
                            + "dev.backplane.itests.counter %s reads only version 1".formatted(v1.getVersion())));
            v1.uninstall();
            String missing = assertThrows(
                            VmException.class, () -> vms.restore(folder.resolve("old"), RestoreOptions.PLAIN))
                    .getMessage();
            assertTrue(missing, missing.contains("no installed plugin offers the device type \"counter\""));
        }
    }
}
