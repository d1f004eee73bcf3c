package dev.backplane.kernel.internal.vm;

import dev.backplane.kernel.internal.catalogue.Catalogue;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * What machines use of the kernel.
 *
 * @param catalogue the types that can be had
 * @param wiring makes machines
 * @param cpus chooses CPU backends, and remembers how they did
 * @param silence how long a guest on an unproven one may stay silent, in its own time
 * @param framework whether the framework is fully started, so that no plugin is about to come by itself
 * @param later runs something in a moment
 * @param forget takes a removed machine from the list
 */
record Services(
        Catalogue catalogue,
        Wiring wiring,
        CpuChoice cpus,
        Duration silence,
        BooleanSupplier framework,
        Later later,
        Consumer<Machine> forget) {
    /** Runs something in a moment of the host's time. */
    @FunctionalInterface
    interface Later {
        /** Runs it; it must not block. */
        void after(Duration delay, Runnable action);
    }
}
