package dev.backplane.cpu.kvm.internal;

import dev.backplane.natives.kvm.KvmVcpu;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Kicks a vCPU that stays in the guest for too long, from a thread of its own, until it is closed. */
final class Watchdog implements AutoCloseable {
    private static final long NEVER = Long.MAX_VALUE;

    private final KvmVcpu vcpu;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long allowedNanos = NEVER;
    private long beganNanos;
    private boolean closed;

    Watchdog(KvmVcpu vcpu) {
        this.vcpu = vcpu;
        Thread thread = Thread.ofPlatform()
                .name("kvm-probe-watchdog")
                .daemon()
                .inheritInheritableThreadLocals(false)
                .unstarted(this::watch);
        thread.setContextClassLoader(null);
        thread.start();
    }

    private void watch() {
        lock.lock();
        try {
            while (!closed) {
                long left = allowedNanos == NEVER ? NEVER : allowedNanos - (System.nanoTime() - beganNanos);
                if (left <= 0) {
                    vcpu.kick();
                    left = TimeUnit.MILLISECONDS.toNanos(1);
                }
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            // Nobody of ours does that; a guest that hangs then hangs the probe, which the kernel bounds.
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    void begin(long nanos) {
        set(nanos);
    }

    void end() {
        set(NEVER);
    }

    private void set(long nanos) {
        lock.lock();
        try {
            allowedNanos = nanos;
            beganNanos = System.nanoTime();
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }
}
