package dev.backplane.launcher;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.felix.framework.FrameworkFactory;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.startlevel.FrameworkStartLevel;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.FrameworkWiring;

/**
 * Runs one command line inside a framework.
 *
 * <p>When every bundle has been started, a {@link CompletableFuture} of {@link Integer} is registered as a service, with the command
 * line in the property {@value #ARGUMENTS} ({@code String[]}), and {@value #COMMAND} where a command does without the shell. The component that refers to it runs the command on a thread of its
 * own and completes the future with the exit status; then the framework is stopped.
 *
 * <p>Another one, of property {@value #ENDING}, is completed when a signal asks the process to end. Where something depends on it the command
 * ends itself, as long as that takes; else the framework is stopped at once.
 */
final class Launcher {
    /** Service property that carries the command line. */
    static final String ARGUMENTS = "launcher.arguments";

    /** Service property that names the command whose bundle takes the command line itself; not there where the shell takes it. */
    static final String COMMAND = "launcher.command";

    /** Service property of a future that is completed when a signal asks the process to end. */
    static final String ENDING = "launcher.ending";

    /** Names the word between two command lines that are run one after the other. */
    static final String TRAINING_PROPERTY = "backplane.training";

    /** Framework property: the number of the plugin generation that was started, 0 for none. */
    private static final String GENERATION = "backplane.generation";

    /** System property: of which of its bundles the installation has newer ones that were taken instead, separated by commas. */
    private static final String OUTDATED = "backplane.generation.outdated";

    /** Who ends a process earlier than that says nothing of its plugins; later, they hang. */
    private static final Duration READY_WITHIN = Duration.ofSeconds(10);

    private static final Duration TAKEN_WITHIN = Duration.ofSeconds(10);
    private static final Duration STOPPED_WITHIN = Duration.ofSeconds(15);
    private static final int COMMAND_FAILED = 1;

    private final Installation installation;
    private final CompletableFuture<Object> ending = new CompletableFuture<>();
    private volatile CompletableFuture<Integer> command = CompletableFuture.completedFuture(0);
    private final Generations generations = new Generations(StateFolder.path().resolve("store"), Launcher::say);
    private volatile @Nullable Running running;
    private volatile boolean interrupted;

    Launcher(Installation installation) {
        this.installation = installation;
    }

    /** Starts the framework, waits for the command to end, stops the framework. Called once, by the main thread. */
    int run(String[] arguments) throws LaunchException {
        var settings = installation.settings();
        Runtime.getRuntime().addShutdownHook(new Thread(this::interrupt, "shutdown"));
        try {
            var begin = System.nanoTime();
            var framework = start(settings, arguments);
            framework
                    .getBundleContext()
                    .registerService(CompletableFuture.class, ending, new Hashtable<>(Map.of(ENDING, true)));
            if (Logging.isDebug()) {
                log().log(DEBUG, "framework started in {0} ms", (System.nanoTime() - begin) / 1_000_000);
            }
            var status = 0;
            for (var line : lines(arguments)) {
                status = run(framework, line);
            }
            return status;
        } finally {
            stop();
        }
    }

    /** A framework, with the folder that it keeps its things in and the plugins that it starts with. */
    private record Running(Framework framework, Scratch scratch, PluginSet plugins, long begin) {}

    /** Starts with the current plugins, and with earlier ones where these do not get ready. */
    private Framework start(Settings settings, String[] arguments) throws LaunchException {
        while (true) {
            // The class data of the product is that of its own plugins.
            var plugins = System.getProperty(TRAINING_PROPERTY) == null ? generations.choose() : PluginSet.NONE;
            var scratch = Scratch.create();
            var framework = new FrameworkFactory().newFramework(properties(settings, scratch, plugins));
            running = new Running(framework, scratch, plugins, System.nanoTime());
            try {
                start(framework, settings, arguments, plugins);
                generations.ready(plugins);
                return framework;
            } catch (LaunchException e) {
                if (plugins.number() == 0 || interrupted) {
                    throw e;
                }
                stop();
                generations.failed(plugins, String.valueOf(e.getMessage()).replaceAll("\\s+", " "));
            }
        }
    }

    private Map<String, Object> properties(Settings settings, Scratch scratch, PluginSet plugins) {
        var properties = new HashMap<String, Object>(settings.framework());
        properties.put(
                Constants.FRAMEWORK_STORAGE,
                scratch.folder().resolve("framework").toString());
        properties.put(Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
        properties.put(Constants.FRAMEWORK_BEGINNING_STARTLEVEL, Integer.toString(settings.highestLevel()));
        properties.put("felix.cache.locking", "false");
        properties.put("felix.log.logger", new FrameworkLog());
        properties.put(Installation.HOME_PROPERTY, installation.home().toString());
        properties.put(StateFolder.PROPERTY, StateFolder.path().toString());
        properties.put(GENERATION, Integer.toString(plugins.number()));
        return properties;
    }

    /**
     * Bundles are started here, level by level: those that the framework starts by itself it writes down first, each in a file of its own,
     * and nothing of this outlives the process.
     */
    private void start(Framework framework, Settings settings, String[] arguments, PluginSet plugins)
            throws LaunchException {
        try {
            framework.init();
            framework.adapt(FrameworkStartLevel.class).setInitialBundleStartLevel(Math.max(1, settings.defaultLevel()));
            var files = installation.bundles();
            var shortlist = Shortlist.of(installation, files);
            var installed = install(framework, files, shortlist, arguments, plugins);
            var bundles = new ArrayList<>(installed.values());
            var outdated = plugins.install(framework.getBundleContext(), generations.objects(), bundles, Launcher::say);
            // Known only now: the framework looks here for what it was not told when it was made.
            System.setProperty(OUTDATED, String.join(",", outdated));
            var selection = Logging.isDebug() ? Selection.NOTHING : Selection.of(arguments, bundles);
            bundles.removeIf(bundle -> !selection.needs(bundle));
            resolve(framework, bundles);
            framework.start();
            for (int level = 1; level <= settings.highestLevel(); level++) {
                for (var bundle : bundles) {
                    if (settings.levelOf(bundle.getSymbolicName()) == level && !isFragment(bundle)) {
                        start(bundle, level, plugins);
                    }
                }
            }
            if (System.getProperty(TRAINING_PROPERTY) != null) {
                shortlist.keep(installed);
            }
        } catch (BundleException e) {
            throw new LaunchException("the framework does not start: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new LaunchException("the list of what commands need cannot be kept: " + e.getMessage(), e);
        }
    }

    /** All, or those that the command needs where that is known. */
    private Map<Path, Bundle> install(
            Framework framework, List<Path> files, Shortlist shortlist, String[] arguments, PluginSet plugins)
            throws LaunchException {
        var all = System.getProperty(TRAINING_PROPERTY) != null
                || Logging.isDebug()
                || installation.hasPlugins()
                || !plugins.bundles().isEmpty();
        var needed = all ? Optional.<Set<String>>empty() : shortlist.of(Selection.command(arguments));
        var installed = new LinkedHashMap<Path, Bundle>();
        for (var file : files) {
            if (needed.isEmpty() || needed.get().contains(file.getFileName().toString())) {
                installed.put(file, install(framework, file));
            }
        }
        return installed;
    }

    private void start(Bundle bundle, int level, PluginSet plugins) throws LaunchException {
        var startLevel = bundle.adapt(BundleStartLevel.class);
        if (startLevel.getStartLevel() != level) {
            // It falls at the end as it rises now.
            startLevel.setStartLevel(level);
        }
        try {
            bundle.start(Bundle.START_TRANSIENT);
        } catch (BundleException e) {
            if (plugins.contains(bundle, generations.objects())) {
                throw new LaunchException(bundle + " does not start: " + e.getMessage(), e);
            }
            log().log(ERROR, bundle + ": does not start", e);
        }
    }

    /** Most commands log nothing, and what it takes to log takes as long to load as some bundles. */
    private static System.Logger log() {
        return System.getLogger(Launcher.class.getName());
    }

    /** Installs by reference: the framework reads the jar where it lies, instead of copying it into its storage. */
    private static Bundle install(Framework framework, Path file) throws LaunchException {
        try {
            return framework.getBundleContext().installBundle("reference:" + file.toUri());
        } catch (BundleException e) {
            throw new LaunchException(file + ": cannot be installed: " + e.getMessage(), e);
        }
    }

    private static void resolve(Framework framework, List<Bundle> bundles) throws LaunchException {
        if (framework.adapt(FrameworkWiring.class).resolveBundles(bundles)) {
            return;
        }
        var unresolved = bundles.stream()
                .filter(bundle -> bundle.getState() == Bundle.INSTALLED)
                .toList();
        throw new LaunchException(
                new ResolveReport(unresolved, framework.getBundleContext().getBundles()).text());
    }

    private static boolean isFragment(Bundle bundle) {
        return (bundle.adapt(BundleRevision.class).getTypes() & BundleRevision.TYPE_FRAGMENT) != 0;
    }

    /** One, unless a training for the class data has several commands. */
    private static List<String[]> lines(String[] arguments) {
        var between = System.getProperty(TRAINING_PROPERTY);
        if (between == null) {
            return List.<String[]>of(arguments);
        }
        var lines = new ArrayList<String[]>();
        for (int begin = 0, end = 0; end <= arguments.length; end++) {
            if (end == arguments.length || arguments[end].equals(between)) {
                lines.add(Arrays.copyOfRange(arguments, begin, end));
                begin = end + 1;
            }
        }
        return lines;
    }

    private int run(Framework framework, String[] arguments) throws LaunchException {
        var status = new CompletableFuture<Integer>();
        command = status;
        var properties = new Hashtable<String, Object>();
        properties.put(ARGUMENTS, arguments);
        if (!Logging.isDebug()
                && Selection.of(arguments, List.of(framework.getBundleContext().getBundles()))
                        .alone()) {
            properties.put(COMMAND, Selection.command(arguments));
        }
        var registration = framework.getBundleContext().registerService(CompletableFuture.class, status, properties);
        if (!isTaken(registration.getReference())) {
            throw new LaunchException("no bundle took the command line within " + TAKEN_WITHIN.toSeconds()
                    + " s: dev.backplane.shell is missing, or its command component is not satisfied"
                    + " (--debug shows what the bundles say)");
        }
        var result = await(framework, status);
        if (framework.getState() == Bundle.ACTIVE) {
            registration.unregister();
        }
        return result;
    }

    private static boolean isTaken(ServiceReference<?> reference) {
        var deadline = System.nanoTime() + TAKEN_WITHIN.toNanos();
        try {
            while (reference.getUsingBundles() == null) {
                if (System.nanoTime() > deadline) {
                    return false;
                }
                Thread.sleep(10);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Waits for the command's status, or for the framework's end where that comes first. */
    private int await(Framework framework, CompletableFuture<Integer> status) throws LaunchException {
        Thread.ofVirtual().start(() -> {
            try {
                framework.waitForStop(0);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (!interrupted) {
                status.completeExceptionally(
                        new IllegalStateException("the framework was stopped before the command had ended"));
            }
        });
        try {
            return status.get();
        } catch (ExecutionException e) {
            var cause = e.getCause();
            throw new LaunchException("the command failed: " + cause, cause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return COMMAND_FAILED;
        }
    }

    private static void say(String line) {
        System.err.println("backplane: " + line);
    }

    /** The shutdown hook: a signal must not leave virtual machines or the folder behind. */
    private void interrupt() {
        interrupted = true;
        var here = running;
        if (here != null && System.nanoTime() - here.begin() < READY_WITHIN.toNanos()) {
            generations.forget(here.plugins());
        }
        var orderly = ending.getNumberOfDependents() > 0;
        ending.complete(true);
        if (orderly) {
            awaitCommand();
        }
        stop();
    }

    /** It has its own limit, and tells itself what went wrong. */
    private void awaitCommand() {
        try {
            command.get();
        } catch (ExecutionException e) {
            log().log(DEBUG, "the command failed at its end", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Does nothing the second time. */
    private synchronized void stop() {
        var here = running;
        if (here == null) {
            return;
        }
        try {
            here.framework().stop();
            here.framework().waitForStop(STOPPED_WITHIN.toMillis());
        } catch (BundleException e) {
            log().log(WARNING, "the framework did not stop cleanly", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            here.scratch().remove();
        }
    }
}
