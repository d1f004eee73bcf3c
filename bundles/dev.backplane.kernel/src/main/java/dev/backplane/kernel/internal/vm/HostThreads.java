package dev.backplane.kernel.internal.vm;

import dev.backplane.natives.Host;
import dev.backplane.natives.HostException;
import dev.backplane.natives.process.ThreadClock;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** Threads as the host's kernel sees them: their processor time and where they run. On a host without natives the JDK tells the time. */
public final class HostThreads {
    private static final String UNBINDABLE =
            "threads cannot be bound to processors on this host: affinity is left to it";

    private final @Nullable Host host;

    /**
     * Those of a host.
     *
     * @param host its interfaces, where it has them
     */
    public HostThreads(@Nullable Host host) {
        this.host = host;
    }

    /** The processor time of the calling thread. */
    ThreadClock clock() {
        Host known = host;
        if (known != null) {
            try {
                return known.process().threadClock();
            } catch (UnsupportedOperationException e) {
                // The JDK's, below.
            }
        }
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long id = Thread.currentThread().threadId();
        return () -> {
            long nanos = threads.isThreadCpuTimeEnabled() ? threads.getThreadCpuTime(id) : -1;
            if (nanos < 0) {
                throw new IllegalStateException("the JDK knows no processor time of thread " + id);
            }
            return nanos;
        };
    }

    /** The calling thread's number; 0 where the host gives none. */
    int id() {
        Host known = host;
        try {
            return known == null ? 0 : known.process().threadId();
        } catch (UnsupportedOperationException e) {
            return 0;
        }
    }

    /** A group for the threads of a machine. */
    HostGroup group(String vm) {
        return new HostGroup(
                Path.of("/sys/fs/cgroup"),
                Path.of("/proc/self/cgroup"),
                "backplane-%d-%s".formatted(ProcessHandle.current().pid(), vm));
    }

    /** What is in the way of binding threads; empty where nothing is. */
    String bindable() {
        return host == null ? UNBINDABLE : "";
    }

    /** The processors on which this process may run. */
    BitSet processors() {
        Host known = host;
        if (known != null) {
            try {
                return known.process().affinity(0);
            } catch (HostException | UnsupportedOperationException e) {
                // As many as the JDK sees, below.
            }
        }
        BitSet all = new BitSet();
        all.set(0, Runtime.getRuntime().availableProcessors());
        return all;
    }

    /**
     * Binds a thread.
     *
     * @return what is in the way; empty where nothing is
     */
    String bind(int thread, BitSet processors) {
        Host known = host;
        if (known == null || thread == 0) {
            return UNBINDABLE;
        }
        try {
            known.process().affinity(thread, processors);
            return "";
        } catch (HostException | UnsupportedOperationException e) {
            return "affinity %s: %s".formatted(processors, e.getMessage());
        }
    }
}
