package dev.backplane.testkit.cpu;

import dev.backplane.api.cpu.CpuException;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.cpu.Vcpu;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The thread of one vCPU, from a start to the next pause. */
final class BenchVcpu {
    private final Vcpu vcpu;
    private final Consumer<String> failed;
    private final Thread thread = Thread.ofPlatform().daemon().unstarted(this::run);
    private volatile boolean leaving;
    private volatile @Nullable Stop stop;
    private boolean woken;

    BenchVcpu(Vcpu vcpu, Consumer<String> failed) {
        this.vcpu = vcpu;
        this.failed = failed;
    }

    void start() {
        thread.start();
    }

    /** Why it stopped last. */
    @Nullable
    Stop stop() {
        return stop;
    }

    /** Whether it has stopped for good. */
    boolean over() {
        return !thread.isAlive();
    }

    private void run() {
        try {
            while (!leaving) {
                Stop now = vcpu.run();
                stop = now;
                switch (now) {
                    case HALTED -> {
                        if (!vcpu.runnable()) {
                            sleep();
                        }
                    }
                    case PARKED -> sleep();
                    case KICKED -> {}
                    default -> {
                        return;
                    }
                }
            }
        } catch (CpuException e) {
            failed.accept(String.valueOf(e.getMessage()));
        } catch (InterruptedException | RuntimeException e) {
            failed.accept(e.toString());
        }
    }

    private synchronized void sleep() throws InterruptedException {
        while (!woken && !leaving) {
            wait();
        }
        woken = false;
    }

    synchronized void wake() {
        woken = true;
        notifyAll();
    }

    /** Kicks it out and waits until it is. */
    void leave() throws InterruptedException {
        leaving = true;
        vcpu.kick();
        wake();
        thread.join(TimeUnit.SECONDS.toMillis(CpuBench.PATIENCE_SECONDS));
        if (thread.isAlive()) {
            throw new AssertionError("a vCPU does not come back");
        }
    }
}
