package dev.backplane.itests.inside;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;
import static org.ops4j.pax.exam.CoreOptions.frameworkProperty;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;

import dev.backplane.api.plugin.InstalledPlugin;
import dev.backplane.api.plugin.PluginException;
import dev.backplane.api.plugin.PluginManager;
import dev.backplane.api.plugin.UpdateReport;
import dev.backplane.api.plugin.UpdateReport.Outcome;
import dev.backplane.api.plugin.UpdateRequest;
import dev.backplane.api.vm.VmManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
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
import org.osgi.framework.wiring.BundleWiring;

/** Plugins are updated under machines that count, by the plugin manager that commands use. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class PluginManagerIT {
    private static final String HOME = "itests.home";
    private static final String COUNTER = "dev.backplane.itests.counter";
    private static final int ROUNDS = 100;

    @Inject
    private BundleContext context;

    @Inject
    private VmManager vms;

    @Inject
    private PluginManager plugins;

    private final List<String> told = new ArrayList<>();
    private CountingMachine first;
    private CountingMachine second;

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

    @Before
    public void start() throws Exception {
        if (counters().isEmpty()) {
            update(rebuilt("v2", "1.9.0"));
        }
        first = new CountingMachine(context, vms, "first");
        second = new CountingMachine(context, vms, "second");
        first.start();
        second.start();
        awaitProgress();
        told.clear();
    }

    @After
    public void end() {
        first.close();
        second.close();
    }

    private void awaitProgress() throws InterruptedException {
        first.awaitProgress();
        second.awaitProgress();
    }

    /** The same classes in another version. */
    private static Path rebuilt(String fixture, String version) throws IOException {
        var folder = Files.createTempDirectory("backplane-it");
        var copy = Files.copy(CountingMachine.jar(fixture), folder.resolve("counter.jar"));
        var manifest = Files.writeString(folder.resolve("manifest"), "Bundle-Version: " + version + "\n");
        int status = ToolProvider.findFirst("jar")
                .orElseThrow()
                .run(System.out, System.err, "--update", "--file=" + copy, "--manifest=" + manifest);
        assertEquals(0, status);
        return copy;
    }

    private UpdateReport update(Path jar) throws PluginException {
        return update(jar, false, Optional.empty(), Set.of());
    }

    private UpdateReport update(Path jar, boolean dryRun, Optional<String> canary, Set<String> pins)
            throws PluginException {
        return plugins.update(new UpdateRequest(List.of(jar.toString()), dryRun, canary, pins), told::add);
    }

    private List<InstalledPlugin> counters() {
        return plugins.plugins().stream()
                .filter(plugin -> plugin.bundle().equals(COUNTER))
                .toList();
    }

    private String versions() {
        return first.counter().bundle().orElse("none").replace(COUNTER + " ", "") + " and "
                + second.counter().bundle().orElse("none").replace(COUNTER + " ", "");
    }

    private static List<String> store() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of(System.getProperty(HOME), "state", "store"))) {
            return files.filter(Files::isRegularFile)
                    .map(Path::toString)
                    .sorted()
                    .toList();
        }
    }

    private List<String> bundles() {
        return Arrays.stream(context.getBundles())
                .map(bundle -> bundle.getSymbolicName() + " " + bundle.getVersion() + " " + bundle.getState())
                .sorted()
                .toList();
    }

    @Test
    public void aDryRunACanaryThatGoesBackAndOneThatIsFollowed() throws Exception {
        var before = versions();
        var bundles = bundles();
        var files = store();
        var next = rebuilt("v2", "3.0.0");
        assertEquals(
                Outcome.DRY_RUN, update(next, true, Optional.empty(), Set.of()).outcome());
        assertEquals(
                List.of(
                        "counter of first and second pause; state counter/2 -> counter/2; 1 bundle refreshes; nothing else"),
                told);
        assertEquals(before, versions());
        assertEquals(bundles, bundles());
        assertEquals(files, store());

        update(next, false, Optional.of("first"), Set.of());
        assertTrue(
                versions(), versions().startsWith("3.0.0 and ") && !versions().endsWith("3.0.0"));
        awaitProgress();
        plugins.rollback(told::add);
        assertEquals(before, versions());
        assertEquals(bundles, bundles());
        assertEquals(files, store());
        awaitProgress();

        update(next, false, Optional.of("second"), Set.of());
        plugins.commit(told::add);
        assertEquals("3.0.0 and 3.0.0", versions());
        awaitProgress();
        assertEquals(1, counters().size());
        assertEquals(
                List.of("first/counter", "second/counter"),
                counters().getFirst().bays());
        assertTrue(plugins.history().getFirst().current());
    }

    @Test
    public void aNewVersionThatCannotTakeOverLeavesNothingBehind() throws Exception {
        var before = versions();
        var bundles = bundles();
        var files = store();
        var reasons = Map.of(
                "v2-bad-state", "reads only version 3 of state counter",
                "v2/other-shape", "shows the guest another shape",
                "v2/throws", "is too much",
                "v2/unhealthy", "its health check failed",
                "v1", "reads only version 1 of state counter");
        for (String fixture : reasons.keySet()) {
            var jar = rebuilt(fixture, "9.0.0");
            var refused = assertThrows(PluginException.class, () -> update(jar));
            assertTrue(refused.getMessage(), refused.getMessage().contains(reasons.get(fixture)));
            assertTrue(refused.getMessage(), refused.getMessage().startsWith(COUNTER + " 9.0.0 is not taken: first/"));
            assertTrue(refused.getMessage(), refused.getMessage().endsWith("runs on, and nothing was left behind."));
            assertEquals(before, versions());
            assertEquals(bundles, bundles());
            assertEquals(files, store());
            awaitProgress();
        }
    }

    @Test
    public void oneThatNeverComesToRestIsCutOffWhenItIsReplacedItself() throws Exception {
        update(rebuilt("v2/hangs", "3.1.0"));
        awaitProgress();
        told.clear();
        update(rebuilt("v2", "3.2.0"));
        assertEquals("3.2.0 and 3.2.0", versions());
        assertEquals(
                told.toString(),
                2,
                told.stream()
                        .filter(line -> line.endsWith("the old part did not come to rest and was cut off"))
                        .count());
        awaitProgress();
    }

    @Test
    public void aPinnedMachineStaysWithItsVersionWhileTheOtherGoesOn() throws Exception {
        update(rebuilt("v2", "4.0.0"));
        update(rebuilt("v2", "4.1.0"), false, Optional.empty(), Set.of("second"));
        assertEquals("4.1.0 and 4.0.0", versions());
        assertEquals(
                List.of("pinned: second", ""),
                counters().stream().map(InstalledPlugin::standing).toList());
        awaitProgress();
        update(rebuilt("v2", "4.2.0"));
        assertEquals("4.2.0 and 4.0.0", versions());
        awaitProgress();
        plugins.unpin("second", told::add);
        assertEquals("4.2.0 and 4.2.0", versions());
        assertEquals(1, counters().size());
        awaitProgress();
    }

    @Test
    public void aHundredUpdatesLeaveNoBundleThreadFileOrClassLoaderBehind() throws Exception {
        var loaders = new ArrayList<WeakReference<ClassLoader>>();
        update(rebuilt("v2", "5.0.0"));
        loaders.add(loader());
        int bundles = bundles().size();
        int threads = Thread.activeCount();
        int files = openFiles();
        for (int i = 1; i <= ROUNDS; i++) {
            update(rebuilt("v2", "5.0." + i));
            loaders.add(loader());
        }
        awaitProgress();
        assertEquals(bundles, bundles().size());
        CountingMachine.await("threads have ended", () -> Thread.activeCount() <= threads + 2);
        CountingMachine.await("files are closed", () -> {
            System.gc();
            return openFiles() <= files + 2;
        });
        loaders.removeLast();
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (loaders.stream().anyMatch(loader -> loader.get() != null) && System.nanoTime() < end) {
            System.gc();
            Thread.sleep(100);
        }
        var left = loaders.stream()
                .map(WeakReference::get)
                .filter(each -> each != null)
                .toList();
        assertTrue("class loaders that stay: " + left, left.isEmpty());
    }

    private WeakReference<ClassLoader> loader() {
        Bundle bundle = Arrays.stream(context.getBundles())
                .filter(each -> COUNTER.equals(each.getSymbolicName()))
                .filter(each -> each.getVersion().getMajor() == 5)
                .findFirst()
                .orElseThrow();
        return new WeakReference<>(bundle.adapt(BundleWiring.class).getClassLoader());
    }

    private static int openFiles() {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return (int) files.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
