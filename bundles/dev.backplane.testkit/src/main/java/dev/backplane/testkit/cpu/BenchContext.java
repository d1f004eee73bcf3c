package dev.backplane.testkit.cpu;

import dev.backplane.api.cpu.ExitHandler;
import dev.backplane.api.cpu.PartitionContext;
import dev.backplane.api.part.ResourceOpener;
import dev.backplane.api.time.GuestTimer;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a backend sees of the bench.
 *
 * @param vcpus how many
 * @param ram the RAM
 * @param clock the clock
 * @param board answers its exits
 * @param waker wakes a vCPU by number
 * @param failed is told of failures
 */
record BenchContext(
        int vcpus, BenchRam ram, BenchClock clock, BenchBoard board, IntConsumer waker, Consumer<String> failed)
        implements PartitionContext {
    @Override
    public String cpuModel() {
        return "x86-64-v2";
    }

    @Override
    public GuestTimer timer(Runnable handler) {
        return clock.timer(handler);
    }

    @Override
    public ExitHandler exits(int index) {
        return board.handler();
    }

    @Override
    public void wake(int index) {
        waker.accept(index);
    }

    @Override
    public String id() {
        return "cpu";
    }

    @Override
    public String vm() {
        return "test";
    }

    @Override
    public System.Logger logger() {
        return System.getLogger("test");
    }

    @Override
    public void fail(String reason, @Nullable Throwable cause) {
        failed.accept(reason + ": " + cause);
    }

    @Override
    public Executor executor() {
        return Runnable::run;
    }

    @Override
    public <R extends AutoCloseable> R resource(String key, Class<R> type, ResourceOpener<R> opener) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void release(String key) {
        throw new UnsupportedOperationException();
    }
}
