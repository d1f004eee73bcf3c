package dev.backplane.kernel.internal.time;

import dev.backplane.api.time.GuestTimer;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The timers of one machine: a binary heap in which each timer knows its place, and one thread that calls the handlers.
 * Arming and cancelling allocate nothing; the monitor is held for a few comparisons, never while a handler runs.
 */
final class TimerQueue {
    private static final System.Logger LOG = System.getLogger(TimerQueue.class.getName());
    private static final int ABSENT = -1;

    private final MachineClock clock;
    private final Thread thread;
    private Timer[] heap = new Timer[16];
    private int size;
    private boolean closed;

    TimerQueue(String vm, MachineClock clock) {
        this.clock = clock;
        thread = Thread.ofPlatform()
                .name(vm + "/timers")
                .daemon()
                .inheritInheritableThreadLocals(false)
                .unstarted(this::run);
        thread.setContextClassLoader(null);
    }

    GuestTimer timer(Runnable handler) {
        return new Timer(handler);
    }

    /** Makes the thread look again: the clock goes on. */
    void wake() {
        synchronized (this) {
            if (!closed && thread.getState() == Thread.State.NEW) {
                thread.start();
            }
        }
        LockSupport.unpark(thread);
    }

    void close() {
        synchronized (this) {
            closed = true;
            Arrays.fill(heap, 0, size, null);
            size = 0;
        }
        LockSupport.unpark(thread);
    }

    private void run() {
        while (true) {
            Timer due = null;
            long wait = Long.MAX_VALUE;
            synchronized (this) {
                if (closed) {
                    return;
                }
                if (size > 0 && clock.running()) {
                    wait = heap[0].at - clock.nanos();
                    if (wait <= 0) {
                        due = heap[0];
                        remove(due);
                    }
                }
            }
            if (due != null) {
                expire(due);
            } else if (wait == Long.MAX_VALUE) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, wait);
            }
        }
    }

    private static void expire(Timer timer) {
        Runnable handler = timer.handler;
        if (handler == null) {
            return;
        }
        try {
            handler.run();
        } catch (RuntimeException | Error e) {
            // Parts' timers contain their exceptions; what arrives here is the kernel's or the board's.
            LOG.log(System.Logger.Level.ERROR, "a timer's handler failed", e);
        }
    }

    private void insert(Timer timer) {
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, size * 2);
        }
        siftUp(size++, timer);
    }

    private void remove(Timer timer) {
        int index = timer.index;
        if (index == ABSENT) {
            return;
        }
        timer.index = ABSENT;
        Timer last = heap[--size];
        heap[size] = null;
        if (last != timer) {
            siftDown(index, last);
            if (heap[index] == last) {
                siftUp(index, last);
            }
        }
    }

    private void siftUp(int start, Timer timer) {
        int index = start;
        while (index > 0) {
            int parent = index - 1 >>> 1;
            if (heap[parent].at <= timer.at) {
                break;
            }
            place(index, heap[parent]);
            index = parent;
        }
        place(index, timer);
    }

    private void siftDown(int start, Timer timer) {
        int index = start;
        while (true) {
            int child = 2 * index + 1;
            if (child >= size) {
                break;
            }
            if (child + 1 < size && heap[child + 1].at < heap[child].at) {
                child++;
            }
            if (timer.at <= heap[child].at) {
                break;
            }
            place(index, heap[child]);
            index = child;
        }
        place(index, timer);
    }

    private void place(int index, Timer timer) {
        heap[index] = timer;
        timer.index = index;
    }

    /** One timer; its place in the heap and its moment belong to the queue's monitor. */
    private final class Timer implements GuestTimer {
        private volatile @Nullable Runnable handler;
        private int index = ABSENT;
        private long at;

        Timer(Runnable handler) {
            this.handler = handler;
        }

        @Override
        public void arm(long atNanos) {
            boolean first;
            synchronized (TimerQueue.this) {
                if (closed || handler == null) {
                    return;
                }
                remove(this);
                at = atNanos;
                insert(this);
                first = heap[0] == this;
            }
            if (first) {
                LockSupport.unpark(thread);
            }
        }

        @Override
        public void cancel() {
            synchronized (TimerQueue.this) {
                remove(this);
            }
        }

        @Override
        public void close() {
            handler = null;
            cancel();
        }
    }
}
