package dev.backplane.itests.inside;

import static org.junit.Assert.assertEquals;

import dev.backplane.api.cpu.CpuBackend;
import dev.backplane.api.cpu.ExitHandler;
import dev.backplane.api.vm.RestoreOptions;
import dev.backplane.api.vm.SnapshotOptions;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.Vm.BayInfo;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.api.vm.VmSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Hashtable;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.ServiceRegistration;

/**
 * A machine whose guest writes to a counter and reads it back, over and over: it notices each write that is lost, and each
 * that happens twice.
 */
final class CountingMachine implements AutoCloseable {
    /** The system property that names the fixtures' folder. */
    static final String FIXTURES = "fixtures";

    private static final int PORT = 0x200;

    private final AtomicLong writes = new AtomicLong();
    private final AtomicReference<String> mistake = new AtomicReference<>("");
    private final ServiceRegistration<?> cpu;
    private Vm vm;
    private boolean written;

    CountingMachine(BundleContext context, VmManager vms, String name) throws Exception {
        var properties = new Hashtable<String, Object>(Map.of("cpu.type", name + "-cpu"));
        cpu = context.registerService(CpuBackend.class, new ScriptedCpu(this::step), properties);
        vm = define(vms, name);
    }

    private static Vm define(VmManager vms, String name) throws Exception {
        var text = """
                name: %s
                memory: 1MiB
                cpu: %s-cpu
                boot: {kernel: boot.bin}
                devices: [{type: counter, id: counter, port: 0x200}]
                """.formatted(name, name);
        return vms.define(new VmSource(name + ".yaml", text, bootSector(), Map.of()));
    }

    /** A boot sector of zeros: the board wants something to load. */
    private static Path bootSector() throws IOException {
        var folder = Files.createTempDirectory("backplane-it");
        var sector = new byte[512];
        sector[510] = 0x55;
        sector[511] = (byte) 0xaa;
        Files.write(folder.resolve("boot.bin"), sector);
        return folder;
    }

    private void step(ExitHandler exits) throws InterruptedException {
        if (!written) {
            exits.writePort(PORT, 4, 1);
            writes.incrementAndGet();
            written = true;
            return;
        }
        int count = exits.readPort(PORT, 4);
        written = false;
        if (count != writes.get()) {
            mistake.compareAndSet("", "the counter says %d after %d writes".formatted(count, writes.get()));
        }
        if (count % 100 == 0) {
            Thread.sleep(1);
        }
    }

    /** Installs a generation of the counter's plugin. */
    static Bundle install(BundleContext context, String generation) throws BundleException {
        return context.installBundle(jar(generation).toUri().toString());
    }

    /**
     * The jar of a generation of the counter's plugin.
     *
     * @param generation its fixture's folder; a fault of it behind a slash, as in {@code v2/hangs}
     */
    static Path jar(String generation) {
        String[] words = generation.split("/");
        String fault = words.length > 1 ? "-" + words[1] : "";
        return Path.of(
                System.getProperty(FIXTURES),
                words[0],
                "target",
                "dev.backplane.itests.counter-" + words[0] + "-1.0.0-SNAPSHOT" + fault + ".jar");
    }

    /** Keeps the machine, which ends then. The guest is in this process: it stands meanwhile. */
    void keep(Path folder) throws VmException {
        vm.pause();
        vm.snapshot(folder, SnapshotOptions.PLAIN);
        vm.remove();
    }

    /** Another machine goes on where the last one was kept. */
    void goOnFrom(VmManager vms, Path folder) throws VmException {
        vm = vms.restore(folder, RestoreOptions.PLAIN);
        vm.start(Duration.ZERO);
    }

    Vm vm() {
        return vm;
    }

    void start() throws Exception {
        vm.start(Duration.ZERO);
    }

    BayInfo counter() {
        return vm.bays().stream()
                .filter(bay -> bay.id().equals("counter"))
                .findFirst()
                .orElseThrow();
    }

    /** Waits until the guest has counted on, and checks that it has seen no mistake. */
    void awaitProgress() throws InterruptedException {
        long before = writes.get();
        await("the guest counts; the counter is " + counter(), () -> writes.get() > before + 50);
        assertEquals("", mistake.get());
    }

    void awaitState(String state) throws InterruptedException {
        await("the counter is " + state, () -> counter().state().equals(state));
    }

    static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("did not happen: " + what);
            }
            Thread.sleep(5);
        }
    }

    @Override
    public void close() {
        vm.remove();
        cpu.unregister();
    }
}
