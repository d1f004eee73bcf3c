package dev.backplane.api.cpu;

import dev.backplane.api.memory.MappedRam;
import dev.backplane.api.part.PartContext;
import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import org.osgi.annotation.versioning.ProviderType;

/** All that a CPU backend sees of the world. */
@ProviderType
public interface PartitionContext extends PartContext {
    /**
     * How many vCPUs the machine has.
     *
     * @return from 1
     */
    int vcpus();

    /**
     * The CPU model of the machine, fixed for its life.
     *
     * @return for instance {@code x86-64-v2}
     */
    String cpuModel();

    /**
     * The machine's RAM.
     *
     * @return the host mapping
     */
    MappedRam ram();

    /**
     * The guest's clock.
     *
     * @return the clock
     */
    GuestClock clock();

    /**
     * A timer that dies with the part.
     *
     * @param handler called on a kernel thread; must not block
     * @return the timer, not armed
     */
    GuestTimer timer(Runnable handler);

    /**
     * Where the exits of a vCPU go. Stable for the life of the part.
     *
     * @param index the vCPU's number
     * @return its handler
     */
    ExitHandler exits(int index);

    /**
     * Wakes the kernel's thread of a vCPU that reported {@link Stop#HALTED}, because an interrupt is pending for it or it
     * was started. Of one that does not run for another reason it tells that an interrupt waits for it, so that it gets its turn
     * soon. Callable on any thread, also needlessly; does not block.
     *
     * @param index the vCPU's number
     */
    void wake(int index);
}
