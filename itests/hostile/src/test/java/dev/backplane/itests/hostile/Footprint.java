package dev.backplane.itests.hostile;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What the process has for its own: threads that live, bytes of the heap that are reached, open files, mappings.
 *
 * @param threads names of threads
 * @param heapBytes after a collection
 * @param files descriptors
 * @param mappings of guest memory
 */
record Footprint(Set<String> threads, long heapBytes, long files, long mappings) {
    private static final long HEAP_MARGIN = 24 << 20;
    private static final int SETTLE_MILLIS = 10_000;

    /** What there is once the threads of a machine that has ended are gone, which idle for a moment. */
    static Footprint settled(String machine) throws Exception {
        long end = System.nanoTime() + SETTLE_MILLIS * 1_000_000L;
        while (threadNames().stream().anyMatch(name -> name.startsWith(machine)) && System.nanoTime() < end) {
            Thread.sleep(50);
        }
        return now();
    }

    private static Set<String> threadNames() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> !name.startsWith("pool-"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** What there is at this moment. */
    static Footprint now() throws Exception {
        for (int n = 0; n < 3; n++) {
            System.gc();
            Thread.sleep(50);
        }
        long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        long files;
        try (var list = Files.list(Path.of("/proc/self/fd"))) {
            files = list.count();
        }
        long mappings;
        try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
            mappings = lines.filter(line -> line.contains("memfd:backplane-")).count();
        }
        return new Footprint(threadNames(), heap, files, mappings);
    }

    /** Compares with what there was before; a few objects of the JVM's own come and go. */
    void assertNotMuchMoreThan(Footprint before) {
        var more = new TreeSet<>(threads);
        more.removeAll(before.threads);
        more.removeIf(name -> !name.contains("/"));
        assertTrue(more.isEmpty(), "threads are left: " + more);
        assertTrue(mappings <= before.mappings, "guest memory is left: " + this + " after " + before);
        assertTrue(files <= before.files + 4, "files are left: " + this + " after " + before);
        assertTrue(heapBytes <= before.heapBytes + HEAP_MARGIN, "the heap has grown: " + this + " after " + before);
    }

    @Override
    public String toString() {
        return "%d threads, %.1f MiB, %d files, %d mappings"
                .formatted(threads.size(), heapBytes / 1024.0 / 1024, files, mappings);
    }
}
