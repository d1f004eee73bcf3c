package dev.backplane.kernel.internal.bay;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * The doors of a machine on virtual time, through which something can happen to its guest that is not an instruction's doing:
 * consoles, tasks of devices, random numbers. All of it happens on the thread that runs the vCPUs, between two turns, in an
 * order that every run repeats. A device that acts on any other thread while the guest runs is refused.
 */
public final class VirtualTime {
    private final byte[] seed;
    private final List<VirtualFront> fronts = new ArrayList<>();
    private final List<Runnable> tasks = new ArrayList<>();
    private final Map<String, Integer> generators = new HashMap<>();
    private volatile Runnable nudge = () -> {};
    private volatile Thread runner = Thread.currentThread();
    private volatile boolean turning;

    /**
     * The doors of one machine.
     *
     * @param seed what its random numbers are made from
     */
    public VirtualTime(byte[] seed) {
        this.seed = seed.clone();
    }

    /**
     * Names the thread that runs the vCPUs.
     *
     * @param thread that thread
     * @param wake makes it look at the consoles; callable on any thread
     */
    public void runOn(Thread thread, Runnable wake) {
        runner = thread;
        nudge = wake;
    }

    /**
     * Tells whether the guest runs.
     *
     * @param now whether it does
     */
    public void turning(boolean now) {
        turning = now;
    }

    void add(VirtualFront front) {
        fronts.add(front);
    }

    /**
     * The consoles.
     *
     * @return in the order of the VM file
     */
    public List<VirtualFront> consoles() {
        return fronts;
    }

    void nudge() {
        nudge.run();
    }

    /** Does what has to be done once before a turn, whatever comes from outside. On the vCPUs' thread. */
    public void settle() {
        List<Runnable> queued;
        synchronized (tasks) {
            queued = List.copyOf(tasks);
            tasks.clear();
        }
        // What these give the executor in turn waits for the next turn.
        queued.forEach(Runnable::run);
        fronts.forEach(VirtualFront::settle);
    }

    /** Queues a task for the time before the next turn. */
    void execute(String part, Runnable task) {
        admit(part, "gives its executor a task");
        synchronized (tasks) {
            tasks.add(task);
        }
    }

    /**
     * Refuses what comes from a thread that does not keep to the order of turns.
     *
     * @throws IllegalStateException where it does not
     */
    void admit(String part, String what) {
        if (turning && Thread.currentThread() != runner) {
            throw new IllegalStateException(
                    "%s %s on the thread \"%s\": on virtual time a device acts only in its handlers, timers, listeners and tasks of its executor; its plugin cannot run with clock: virtual"
                            .formatted(part, what, Thread.currentThread().getName()));
        }
    }

    /** Random numbers for a part: another sequence at each call, the same ones in every run. */
    RandomGenerator random(String part) {
        synchronized (generators) {
            return new Stream(part + "/" + generators.merge(part, 1, Integer::sum));
        }
    }

    /** SHA-256 of the seed, a name and a counter: cannot be told from random numbers without the seed. */
    private final class Stream implements RandomGenerator {
        private final byte[] name;
        private ByteBuffer block = ByteBuffer.allocate(0);
        private long blocks;

        Stream(String name) {
            this.name = name.getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public long nextLong() {
            if (!block.hasRemaining()) {
                MessageDigest digest = sha256();
                digest.update(seed);
                digest.update(ByteBuffer.allocate(Long.BYTES).putLong(blocks++).flip());
                block = ByteBuffer.wrap(digest.digest(name));
            }
            return block.getLong();
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
