package dev.backplane.kernel.internal.bay;

import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads on which parts of one machine are called. One that hangs in a part is never asked again; one that has come back makes the
 * next call, since the start of a thread on a busy host takes longer than most calls, and a gate is closed meanwhile. They end when there
 * is nothing to do, and with them what a plugin may have left in them.
 */
public final class CallThreads {
    private static final String IDLE = "part calls";
    private static final long IDLE_SECONDS = 2;

    private final ThreadPoolExecutor pool = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), CallThreads::thread);

    private static Thread thread(Runnable calls) {
        Thread thread = Thread.ofPlatform()
                .name(IDLE)
                .daemon()
                .inheritInheritableThreadLocals(false)
                .unstarted(calls);
        thread.setContextClassLoader(null);
        return thread;
    }

    /**
     * Makes a call on a thread that makes no other.
     *
     * @param name of the thread meanwhile
     * @param call throws nothing
     */
    void execute(String name, Runnable call) {
        pool.execute(() -> {
            Thread thread = Thread.currentThread();
            thread.setName(name);
            try {
                call.run();
            } finally {
                // The next plugin is not to find what this one has left.
                thread.setContextClassLoader(null);
                thread.setName(IDLE);
            }
        });
    }
}
