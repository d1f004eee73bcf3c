package dev.backplane.itests.inside;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import javax.management.JMException;
import javax.management.ObjectName;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.framework.wiring.FrameworkWiring;

/** The serial plugin, as an admin treats it: stopped, updated, taken out. Knows the class loaders that must go. */
final class SerialPlugin {
    private static final String NAME = "dev.backplane.device.serial";

    private final BundleContext context;
    private final List<WeakReference<ClassLoader>> gone = new ArrayList<>();

    SerialPlugin(BundleContext context) {
        this.context = context;
    }

    void stop() throws BundleException {
        bundle().stop();
    }

    void start() throws BundleException {
        bundle().start();
    }

    /** The same bytes again, which are a new generation with a class loader of its own. */
    void update() throws BundleException, IOException, InterruptedException {
        Bundle bundle = bundle();
        watch(bundle);
        try (InputStream in = Files.newInputStream(jar())) {
            bundle.update(in);
        }
        refresh(bundle);
    }

    /** Out, and in again. */
    void reinstall() throws BundleException, IOException, InterruptedException {
        uninstall();
        install();
    }

    void uninstall() throws BundleException, InterruptedException {
        uninstall(bundle());
    }

    void uninstall(Bundle bundle) throws BundleException, InterruptedException {
        watch(bundle);
        bundle.uninstall();
        refresh(bundle);
    }

    void install() throws BundleException, IOException {
        install(jar());
    }

    /** Installs a plugin and starts it. */
    Bundle install(Path jar) throws BundleException, IOException {
        try (InputStream in = Files.newInputStream(jar)) {
            Bundle bundle = context.installBundle("test:" + System.nanoTime(), in);
            bundle.start();
            return bundle;
        }
    }

    /** Class loaders of earlier generations that have not been collected, although there was time. */
    List<ClassLoader> leftOver() throws InterruptedException, IOException, JMException {
        for (int i = 0; i < 100; i++) {
            System.gc();
            if (gone.stream().allMatch(loader -> loader.get() == null)) {
                return List.of();
            }
            Thread.sleep(300);
        }
        Path heap = Files.createTempFile("left-over", ".hprof");
        Files.delete(heap);
        ManagementFactory.getPlatformMBeanServer()
                .invoke(
                        new ObjectName("com.sun.management:type=HotSpotDiagnostic"),
                        "dumpHeap",
                        new Object[] {heap.toString(), true},
                        new String[] {String.class.getName(), boolean.class.getName()});
        System.out.println("who holds them is in " + heap);
        return gone.stream()
                .map(WeakReference::get)
                .filter(loader -> loader != null)
                .toList();
    }

    int generationsGone() {
        return gone.size();
    }

    private void watch(Bundle bundle) {
        gone.add(new WeakReference<>(bundle.adapt(BundleWiring.class).getClassLoader()));
    }

    private void refresh(Bundle bundle) throws InterruptedException {
        var done = new CountDownLatch(1);
        context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION)
                .adapt(FrameworkWiring.class)
                .refreshBundles(List.of(bundle), event -> done.countDown());
        done.await();
    }

    private Bundle bundle() {
        return Arrays.stream(context.getBundles())
                .filter(bundle -> bundle.getSymbolicName().equals(NAME))
                .findFirst()
                .orElseThrow();
    }

    private static Path jar() throws IOException {
        Path bundles = Path.of(System.getProperty("backplane.home"), "bundles");
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(bundles, NAME + "-*.jar")) {
            return jars.iterator().next();
        }
    }
}
