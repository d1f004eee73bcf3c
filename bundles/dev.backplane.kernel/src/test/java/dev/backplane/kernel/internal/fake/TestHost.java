package dev.backplane.kernel.internal.fake;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmSource;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.KnownPlugins;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.files.ImageFiles;
import dev.backplane.kernel.internal.memory.PlainBacking;
import dev.backplane.kernel.internal.memory.RamBacking;
import dev.backplane.kernel.internal.vm.HostThreads;
import dev.backplane.kernel.internal.vm.Kernel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.osgi.framework.Version;

/** A kernel whose plugins are objects of a test. */
public final class TestHost implements AutoCloseable {
    /** A machine with a printer. */
    public static final String FILE = """
            name: web
            memory: 64KiB
            boot: {kernel: none}
            devices:
              - {type: printer, id: out, port: 0x3f8}
            """;

    /** What its kernel can choose from. */
    public final Catalogue catalogue = new Catalogue();

    /** The board of its machines. */
    public final FakeBoard board = new FakeBoard();

    /** The console of its machines. */
    public final Sink sink = new Sink();

    /** The kernel. */
    public final Kernel kernel;

    private long generation;

    /** A host with a board and a console. */
    public TestHost() {
        this(Duration.ofSeconds(10));
    }

    /** A host whose guests may be silent for so long where the CPU backend is unproven. */
    public TestHost(Duration silence) {
        this(silence, (vm, bytes) -> new PlainBacking(bytes));
    }

    /** A host with such memory. */
    public TestHost(RamBacking.Source memory) {
        this(Duration.ofSeconds(10), memory);
    }

    private TestHost(Duration silence, RamBacking.Source memory) {
        kernel = new Kernel(
                catalogue, KnownPlugins.NONE, memory, new ImageFiles(null), () -> true, new HostThreads(null), silence);
        kernel.open();
        offer(Kind.MACHINE, "pc-1", "1.0.0", board);
        offer(Kind.CONSOLE, "sink", "1.0.0", sink);
    }

    /** Offers a type. */
    public Offer offer(Kind kind, String type, String version, Object factory) {
        Offer offer = new Offer(
                kind, type, "test." + type, Version.parseVersion(version), ++generation, generation, () -> factory);
        catalogue.add(offer);
        return offer;
    }

    /** Offers the CPU {@code script}, whose guests do nothing, and power off when that is enough. */
    public Offer offerIdleCpu(AtomicBoolean enough) {
        return offer(Kind.CPU, "script", "1.0.0", new ScriptCpu((vcpu, rip, exits) -> {
            if (enough.get()) {
                exits.writePort(0x604, 2, 0);
            }
            Thread.sleep(1);
            return null;
        }));
    }

    /** Defines a machine and starts it. */
    public Vm start(String text) throws ConfigurationException, VmException {
        Vm vm = define(text);
        vm.start(Duration.ZERO);
        return vm;
    }

    /** A bay of a machine. */
    public static Vm.BayInfo bay(Vm vm, String id) {
        return vm.bays().stream()
                .filter(info -> info.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new AssertionError("there is no bay " + id + ": " + vm.bays()));
    }

    /** Defines a machine. */
    public Vm define(String text) throws ConfigurationException {
        return kernel.define(new VmSource("web.yaml", text, Path.of("/vms"), Map.of()));
    }

    /** How a machine ends; fails when it does not within ten seconds. */
    public static Vm.Outcome outcome(Vm vm) throws Exception {
        return vm.outcome().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    /** Waits for something that happens soon. */
    public static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("did not happen: " + what);
            }
            Thread.sleep(5);
        }
    }

    @Override
    public void close() {
        kernel.close();
    }
}
