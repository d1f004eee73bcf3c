package dev.backplane.kernel.internal.vm;

import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where the vCPU threads of a machine run, and with which weight, by the host's own scheduling: as its scheduler wants it. */
final class Placement {
    private static final System.Logger LOG = System.getLogger(Placement.class.getName());

    private final String vm;
    private final HostThreads host;
    private final HostGroup group;
    private final Set<Integer> threads = new HashSet<>();
    /** Who wants what there is: one scheduler the places, another one the weight, while one follows the other. */
    private @Nullable Object binder;

    private @Nullable Object weigher;
    private @Nullable BitSet bound;

    Placement(String vm, HostThreads host) {
        this(vm, host, host.group(vm));
    }

    Placement(String vm, HostThreads host, HostGroup group) {
        this.vm = vm;
        this.host = host;
        this.group = group;
    }

    /** A thread begins; called on it. */
    synchronized void add(int thread) {
        threads.add(thread);
        if (bound != null && host.bindable().isEmpty()) {
            tell(host.bind(thread, bound));
        }
        tell(group.add(thread));
    }

    /** Where nobody asks. */
    private void tell(String inTheWay) {
        if (!inTheWay.isEmpty()) {
            LOG.log(System.Logger.Level.WARNING, "{0}: {1}", vm, inTheWay);
        }
    }

    /** A thread ends; called on it. */
    synchronized void remove(int thread) {
        threads.remove(thread);
        tell(group.remove(thread));
        if (threads.isEmpty()) {
            tell(group.close());
        }
    }

    /** Binds all threads. Returns what is in the way, if anything. */
    synchronized String bind(Object by, BitSet processors) {
        binder = by;
        bound = processors;
        return bindAll(processors);
    }

    private String bindAll(BitSet processors) {
        String inTheWay = threads.isEmpty() ? host.bindable() : "";
        for (int thread : threads) {
            String failure = host.bind(thread, processors);
            inTheWay = inTheWay.isEmpty() ? failure : inTheWay;
        }
        return inTheWay;
    }

    /** Gives all threads together a weight. Returns what is in the way, if anything. */
    synchronized String weight(Object by, int weight) {
        weigher = by;
        return group.weight(weight, threads);
    }

    /** Undoes what one wanted, unless another one has taken it over. */
    synchronized void release(Object by) {
        if (binder == by) {
            binder = null;
            bound = null;
            tell(bindAll(host.processors()));
        }
        if (weigher == by) {
            weigher = null;
            tell(group.release());
        }
    }
}
