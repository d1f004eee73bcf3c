package dev.backplane.machine.pc.internal.chip;

import dev.backplane.api.cpu.Partition;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The wire from the 8259 pair's output to one engine. Several threads change the output; one at a time tells the engine, and
 * the others wait for it: a vCPU that has acknowledged or masked an interrupt must not find the old level when it goes on, or
 * it would acknowledge once more and get the spurious interrupt 7. The engine's call does not block, so the wait is short;
 * an engine that hangs all the same keeps nobody beyond its replacement, because the next one has a wire of its own.
 */
final class EngineWire {
    private static final int SPINS = 100;

    private final Partition engine;
    private final AtomicBoolean telling = new AtomicBoolean();
    private volatile boolean told;

    EngineWire(Partition engine) {
        this.engine = engine;
    }

    Partition engine() {
        return engine;
    }

    /** Makes the engine see the level as it is now. No lock is held. */
    void tell(Interrupts interrupts) {
        int spins = 0;
        while (told != interrupts.output() && interrupts.isConnected(this)) {
            if (telling.compareAndSet(false, true)) {
                try {
                    boolean up = interrupts.output();
                    if (told != up) {
                        told = up;
                        engine.external(up);
                    }
                } finally {
                    telling.set(false);
                }
            } else if (++spins < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }
}
