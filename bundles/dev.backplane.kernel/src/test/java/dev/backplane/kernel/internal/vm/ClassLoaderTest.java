package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.Stop;
import dev.backplane.api.vm.Vm;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.fake.HangingPrinter;
import dev.backplane.kernel.internal.fake.IsolatedLoader;
import dev.backplane.kernel.internal.fake.Printer;
import dev.backplane.kernel.internal.fake.ScriptCpu;
import dev.backplane.kernel.internal.fake.Sink;
import dev.backplane.kernel.internal.fake.TestHost;
import dev.backplane.kernel.internal.plan.Replacement;
import dev.backplane.kernel.internal.plan.SwapReport;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nothing of a plugin's classes stays behind when its parts have gone. */
@Timeout(120)
class ClassLoaderTest {
    private static final int MOVES = 100;

    private final TestHost host = new TestHost();
    private final AtomicBoolean halt = new AtomicBoolean();
    private final List<WeakReference<ClassLoader>> loaders = new ArrayList<>();

    @AfterEach
    void close() {
        host.close();
    }

    private Offer offer(Kind kind, String type, Class<?> plugin) {
        return offer(kind, type, IsolatedLoader.newInstance(plugin));
    }

    private Offer offer(Kind kind, String type, Object factory) {
        loaders.add(new WeakReference<>(factory.getClass().getClassLoader()));
        return host.offer(kind, type, "1.0.0", factory);
    }

    private Vm start(String file) throws Exception {
        host.offer(Kind.CPU, "script", "1.0.0", new ScriptCpu((vcpu, rip, exits) -> {
            exits.writePort(0x3f8, 1, 'x');
            Thread.sleep(0, 200_000);
            return halt.get() ? Stop.HALTED : null;
        }));
        Vm vm = host.define(file);
        vm.start(Duration.ZERO);
        return vm;
    }

    private void awaitCollected() throws InterruptedException {
        TestHost.await("the loaders are collected", () -> {
            System.gc();
            return loaders.stream().allMatch(loader -> loader.refersTo(null));
        });
        assertTrue(loaders.size() > 4, "there were loaders");
    }

    private static void awaitState(Vm vm, String bay, String state) throws InterruptedException {
        TestHost.await(bay + " is " + state, () -> TestHost.bay(vm, bay).state().equals(state));
    }

    @Test
    void loadersOfReplacedDevicesAndConsolesAreCollectedWhileTheMachineRuns() throws Exception {
        Offer device = offer(Kind.DEVICE, "printer", Printer.class);
        Offer console = offer(Kind.CONSOLE, "drain", Sink.class);
        Vm vm = start(TestHost.FILE.replace("port: 0x3f8", "port: 0x3f8, console: drain"));
        for (int round = 0; round < 10; round++) {
            Thread.sleep(5);
            host.catalogue.remove(device);
            host.catalogue.remove(console);
            device = offer(Kind.DEVICE, "printer", Printer.class);
            console = offer(Kind.CONSOLE, "drain", Sink.class);
            awaitState(vm, "out", "RUNNING");
        }
        host.catalogue.remove(device);
        host.catalogue.remove(console);
        awaitCollected();
    }

    @Test
    void loadersOfFencedDevicesAreCollectedOnceTheirHangIsOver() throws Exception {
        Offer device = offer(Kind.DEVICE, "printer", HangingPrinter.class);
        Vm vm = start(TestHost.FILE);
        for (int round = 0; round < 4; round++) {
            awaitState(vm, "out", "RUNNING");
            host.catalogue.remove(device);
            awaitState(vm, "out", "FAILED");
            device = offer(Kind.DEVICE, "printer", HangingPrinter.class);
        }
        awaitState(vm, "out", "RUNNING");
        host.catalogue.remove(device);
        awaitCollected();
    }

    @Test
    void loadersAreCollectedWhileVcpusSleepAndAfterTheMachineHasEnded() throws Exception {
        Offer device = offer(Kind.DEVICE, "printer", Printer.class);
        Vm vm = start(TestHost.FILE);
        halt.set(true);
        Thread.sleep(20);
        host.catalogue.remove(device);
        for (int round = 0; round < 4; round++) {
            device = offer(Kind.DEVICE, "printer", Printer.class);
            awaitState(vm, "out", "RUNNING");
            host.catalogue.remove(device);
        }
        vm.kill("done");
        awaitCollected();
    }

    @Test
    void loadersOfPartsThatMovedOrWereRolledBackAreCollectedWhileTheMachineRuns() throws Exception {
        Offer device = offer(Kind.DEVICE, "printer", Printer.class);
        Offer console = offer(Kind.CONSOLE, "drain", Sink.class);
        start(TestHost.FILE.replace("port: 0x3f8", "port: 0x3f8, console: drain"));
        for (int round = 0; round < MOVES; round++) {
            boolean fails = round % 10 == 5;
            Object factory = IsolatedLoader.newInstance(Printer.class);
            if (fails) {
                hooks(factory).add(moment -> {
                    if (moment.equals("health")) {
                        throw new IllegalStateException("no ink");
                    }
                });
            }
            device = move(device, offer(Kind.DEVICE, "printer", factory), fails);
            console = move(console, offer(Kind.CONSOLE, "drain", Sink.class), false);
        }
        host.catalogue.remove(device);
        host.catalogue.remove(console);
        awaitCollected();
    }

    @SuppressWarnings("unchecked")
    private static List<Consumer<String>> hooks(Object printer) throws ReflectiveOperationException {
        return (List<Consumer<String>>) printer.getClass().getField("hooks").get(printer);
    }

    /** Returns the offer that stays. */
    private Offer move(Offer old, Offer next, boolean fails) throws Exception {
        SwapReport report = host.kernel.swaps().move("web", Replacement.of(old, next), Duration.ofSeconds(30));
        assertEquals(fails, report.failure().isPresent(), report.toString());
        host.catalogue.remove(fails ? next : old);
        return fails ? old : next;
    }
}
