package dev.backplane.testkit;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertIterableEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.device.Shape;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every device promises. Extend it in a device's own tests and say how to bring the device far from its power-on state
 * and what a guest can see of it.
 *
 * @param <O> the device's options
 * @param <S> its state
 */
@Timeout(60)
public abstract class DeviceContract<O extends Record, S extends Record> {
    private static final int CYCLES = 100;
    private static final int ACCESSES = 20_000;
    private static final int VCPUS = 4;
    private static final int DAMAGED_STATES = 300;
    private static final int[] SIZES = {1, 2, 4, 8};

    /**
     * The factory under test.
     *
     * @return a new one or always the same: factories are stateless
     */
    protected abstract DeviceFactory<O, S> factory();

    /**
     * The options to test with.
     *
     * @return options that the factory takes
     */
    protected abstract O options();

    /**
     * Uses the device so that as much of its state as possible differs from power-on: half-done sequences, pending
     * interrupts, filled buffers. Time may pass through {@link DeviceBench#clock}.
     *
     * @param bench runs
     */
    protected abstract void use(DeviceBench<O, S> bench);

    /**
     * Goes on using the device and collects all that a guest or the outside sees of it: register values, line levels and
     * edges, console output, also after time has passed.
     *
     * @param bench runs, after {@link #use}
     * @return values that are compared with {@code equals}
     */
    protected abstract List<?> observe(DeviceBench<O, S> bench);

    /**
     * Whether a system reset brings back exactly the power-on state. Devices with a battery say no.
     *
     * @return true unless overridden
     */
    protected boolean resetForgetsEverything() {
        return true;
    }

    @Test
    final void aReplacedDeviceBehavesAsOneThatWasLeftAlone() {
        try (DeviceBench<O, S> alone = used();
                DeviceBench<O, S> swapped = used()) {
            swapped.swap();
            assertIterableEquals(observe(alone), observe(swapped));
            assertEquals(PlainState.render(alone.state()), PlainState.render(swapped.state()));
        }
    }

    @Test
    final void aDeviceReplacedBeforeItsUseBehavesAsOneThatWasLeftAlone() {
        try (DeviceBench<O, S> alone = used();
                DeviceBench<O, S> swapped = plug()) {
            swapped.swap();
            use(swapped);
            assertIterableEquals(observe(alone), observe(swapped));
        }
    }

    @Test
    final void aRestoredDeviceSavesTheStateItWasMadeFrom() {
        try (DeviceBench<O, S> bench = used()) {
            S state = bench.state();
            assertEquals(PlainState.render(state), PlainState.render(bench.rehearse(state)));
            bench.swap();
            assertEquals(PlainState.render(state), PlainState.render(bench.state()));
        }
    }

    @Test
    final void aRehearsalAndAFailedSwapChangeNothing() {
        try (DeviceBench<O, S> alone = used();
                DeviceBench<O, S> disturbed = used()) {
            disturbed.rehearse(disturbed.state());
            disturbed.swapAndRollBack();
            assertIterableEquals(observe(alone), observe(disturbed));
        }
    }

    @Test
    final void aNewDeviceDoesNothingBeforeItIsResumedAndServesItsWindows() {
        DeviceBench<O, S> bench = DeviceBench.make(factory(), options());
        assertTrue(bench.servesAllWindows(), "not every window of " + bench.shape() + " has a handler");
        assertEquals(0, bench.clock().armedTimers(), "timers armed before the first resume");
        bench.resume(Resumption.STARTED);
        bench.close();
    }

    @Test
    final void itsShapeIsAPureFunctionWithDistinctNames() throws Exception {
        Shape shape = factory().shape(options());
        assertEquals(shape, factory().shape(options()));
        List<String> windows = new ArrayList<>();
        shape.windows().forEach(window -> windows.add(window.name()));
        shape.pci().ifPresent(function -> {
            function.bars().forEach(bar -> windows.add(bar.window()));
            function.capabilities().forEach(capability -> capability.window().ifPresent(windows::add));
        });
        assertEquals(windows.stream().distinct().toList(), windows);
        List<String> lines =
                shape.interrupts().stream().map(interrupt -> interrupt.name()).toList();
        assertEquals(lines.stream().distinct().toList(), lines);
    }

    @Test
    final void itsStateDeclaresItsVersionAndReadsWhatItWrites() {
        try (DeviceBench<O, S> bench = plug()) {
            Promises.stateIsVersioned(bench.state());
        }
    }

    @Test
    final void aSystemResetBringsBackThePowerOnState() {
        if (!resetForgetsEverything()) {
            return;
        }
        try (DeviceBench<O, S> fresh = plug();
                DeviceBench<O, S> reset = used()) {
            reset.reset(ResetKind.SYSTEM);
            assertEquals(PlainState.render(fresh.state()), PlainState.render(reset.state()));
            fresh.shape()
                    .interrupts()
                    .forEach(each -> assertEquals(
                            fresh.line(each.name()).isUp(),
                            reset.line(each.name()).isUp(),
                            "line " + each.name()));
        }
    }

    @Test
    final void aHundredLivesLeaveNothingBehind() throws InterruptedException {
        List<WeakReference<Device<S>>> gone = new ArrayList<>();
        for (int i = 0; i < CYCLES; i++) {
            DeviceBench<O, S> bench = used();
            gone.add(new WeakReference<>(bench.device()));
            bench.swap();
            gone.add(new WeakReference<>(bench.device()));
            bench.close();
            assertTrue(bench.leftNothing(), "timers, leases, resources or running tasks are left after life " + i);
        }
        try (DeviceBench<O, S> bench = used()) {
            for (int i = 0; i < CYCLES; i++) {
                gone.add(new WeakReference<>(bench.device()));
                bench.swap();
            }
            assertTrue(collected(gone), "devices that were closed are still reachable");
        }
    }

    @Test
    final void noSequenceOfAccessesMakesItThrow() {
        long seed = new Random().nextLong();
        try (DeviceBench<O, S> bench = plug()) {
            assertDoesNotThrow(() -> harass(bench, new Random(seed)), () -> "seed " + seed);
            assertEquals(List.of(), bench.machine().failures(), () -> "seed " + seed);
        }
    }

    @Test
    final void severalVcpusMayUseItAtOnce() throws InterruptedException {
        long seed = new Random().nextLong();
        List<Throwable> thrown = Collections.synchronizedList(new ArrayList<>());
        try (DeviceBench<O, S> bench = plug()) {
            List<Thread> vcpus = new ArrayList<>();
            for (int vcpu = 0; vcpu < VCPUS; vcpu++) {
                Random random = new Random(seed + vcpu);
                vcpus.add(Thread.ofPlatform().daemon().unstarted(() -> harass(bench, random, ACCESSES / VCPUS)));
            }
            vcpus.forEach(each -> each.setUncaughtExceptionHandler((thread, e) -> thrown.add(e)));
            vcpus.forEach(Thread::start);
            for (Thread each : vcpus) {
                each.join();
            }
        }
        assertEquals(List.of(), thrown, () -> "seed " + seed);
    }

    @Test
    final void aDamagedStateIsRefusedOrHarmless() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        try (DeviceBench<O, S> bench = used()) {
            S state = bench.state();
            for (int i = 0; i < DAMAGED_STATES; i++) {
                S damaged = damage(state, random);
                assertDoesNotThrow(
                        () -> {
                            try {
                                bench.replaceBy(damaged);
                            } catch (StateException refused) {
                                assertNotNull(refused.getMessage());
                                return;
                            }
                            harass(bench, random, ACCESSES / 100);
                        },
                        () -> "seed " + seed + ", state " + PlainState.render(damaged));
            }
        }
    }

    private DeviceBench<O, S> plug() {
        return DeviceBench.plug(factory(), options());
    }

    private DeviceBench<O, S> used() {
        DeviceBench<O, S> bench = plug();
        use(bench);
        return bench;
    }

    private static void harass(DeviceBench<?, ?> bench, Random random) {
        harass(bench, random, ACCESSES);
    }

    private static void harass(DeviceBench<?, ?> bench, Random random, int accesses) {
        Map<String, Long> windows = bench.shape().served();
        List<String> names = List.copyOf(windows.keySet());
        for (int i = 0; i < accesses && !names.isEmpty(); i++) {
            String window = names.get(random.nextInt(names.size()));
            long length = windows.get(window);
            int size = SIZES[random.nextInt(SIZES.length)];
            if (size > length) {
                continue;
            }
            long offset = random.nextLong(length - size + 1);
            if (random.nextBoolean()) {
                bench.read(window, offset, size);
            } else {
                bench.write(window, offset, size, random.nextLong());
            }
            if (random.nextInt(50) == 0) {
                bench.clock().advance(Duration.ofNanos(random.nextLong(1L << random.nextInt(1, 34))));
            }
        }
    }

    /** Changes one number, flag or array somewhere in the state. */
    private static <S extends Record> S damage(S state, Random random) {
        Map<String, Object> tree = new HashMap<>(PlainState.encode(state));
        List<String> names = tree.keySet().stream().sorted().toList();
        if (!names.isEmpty()) {
            String name = names.get(random.nextInt(names.size()));
            tree.compute(name, (same, value) -> value == null ? null : damaged(value, random));
        }
        @SuppressWarnings("unchecked")
        S damaged = (S) PlainState.decode(state.getClass(), tree);
        return damaged;
    }

    private static Object damaged(Object value, Random random) {
        return switch (value) {
            // Wide enough for any int component, never beyond one.
            case Long number -> (long) (random.nextBoolean() ? random.nextInt() : random.nextInt(-2, 300));
            case Boolean flag -> !flag;
            case byte[] bytes -> {
                byte[] other = new byte[random.nextBoolean() ? bytes.length : random.nextInt(1 << 17)];
                random.nextBytes(other);
                yield other;
            }
            default -> value;
        };
    }

    private static boolean collected(List<? extends WeakReference<?>> references) throws InterruptedException {
        for (int attempt = 0; attempt < 50; attempt++) {
            System.gc();
            if (references.stream().allMatch(reference -> reference.refersTo(null))) {
                return true;
            }
            Thread.sleep(20);
        }
        return false;
    }
}
