package dev.backplane.testkit;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.PartContext;
import dev.backplane.api.part.ResourceOpener;
import dev.backplane.api.part.RevokedException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The context of one part: one generation. After {@link #revoke} each call throws, as the kernel's does. */
abstract class TestPartContext implements PartContext {
    /** As many as the kernel gives a part at least. */
    private static final int THREADS = 4;

    private final String id;
    private final TestMachine machine;
    private final HostResources resources;
    private @Nullable ExecutorService threads;
    private final Executor tasks = this::execute;
    private volatile boolean revoked;

    TestPartContext(String id, TestMachine machine, HostResources resources) {
        this.id = id;
        this.machine = machine;
        this.resources = resources;
    }

    @Override
    public final String id() {
        return id;
    }

    @Override
    public String vm() {
        return "test";
    }

    @Override
    public final System.Logger logger() {
        return System.getLogger("test." + id);
    }

    @Override
    public final void fail(String reason, @Nullable Throwable cause) {
        check();
        machine.fail(reason);
    }

    @Override
    public final void guestRenewed() {
        check();
        machine.renewed();
    }

    @Override
    public final Executor executor() {
        check();
        return tasks;
    }

    private synchronized void execute(Runnable task) {
        check();
        ExecutorService running = threads;
        if (running == null) {
            running = Executors.newFixedThreadPool(
                    THREADS,
                    Thread.ofPlatform().daemon().name("part-" + id + "-", 0).factory());
            threads = running;
        }
        running.execute(() -> run(task));
    }

    /** What a task throws while the part lives is the part's failure, as it is in the kernel. */
    private void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            if (!revoked) {
                machine.fail("a task threw " + e + " at " + e.getStackTrace()[0]);
            }
        }
    }

    @Override
    public final <R extends AutoCloseable> R resource(String key, Class<R> type, ResourceOpener<R> opener)
            throws ConfigurationException {
        check();
        return resources.resource(key, type, opener);
    }

    @Override
    public final void release(String key) {
        check();
        resources.release(key);
    }

    final TestMachine machine() {
        check();
        return machine;
    }

    /** Ends the generation: what the kernel does after {@code close}, or instead of it. */
    synchronized void revoke() {
        revoked = true;
        if (threads != null) {
            threads.shutdown();
        }
    }

    /** Whether the part's tasks have all returned, some time after the end of the generation. */
    final boolean tasksEnd(long seconds) throws InterruptedException {
        ExecutorService ended = threads;
        return ended == null || ended.awaitTermination(seconds, TimeUnit.SECONDS);
    }

    final void check() {
        if (revoked) {
            throw new RevokedException(id);
        }
    }
}
