package dev.backplane.bench.internal;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntFunction;

/** Processor time that machines of this process got while they were watched. */
final class ProcessorShares {
    private static final long SETTLING_MILLIS = 4000;
    private static final long LOOK_MILLIS = 100;
    private static final Path THREADS = Path.of("/proc/self/task");
    /** Linux keeps so many characters of a thread's name. */
    private static final int NAME_LENGTH = 15;

    private final long[] nanos;
    private final long wall;
    private final Duration longestWithout;

    private ProcessorShares(long[] nanos, long wall, Duration longestWithout) {
        this.nanos = nanos;
        this.wall = wall;
        this.longestWithout = longestWithout;
    }

    /**
     * Watches machines of one vCPU, after they have come up to speed.
     *
     * @param count how many
     * @param name of each
     * @param span how long
     */
    static ProcessorShares watch(int count, IntFunction<String> name, Duration span)
            throws IOException, InterruptedException {
        Thread.sleep(SETTLING_MILLIS);
        Path[] threads = threads(count, name);
        long[] first = look(threads);
        long[] last = first;
        long begin = System.nanoTime();
        long[] grewAt = new long[count];
        Arrays.fill(grewAt, begin);
        long longest = 0;
        long now = begin;
        while (now - begin < span.toNanos()) {
            Thread.sleep(LOOK_MILLIS);
            long[] next = look(threads);
            now = System.nanoTime();
            for (int i = 0; i < count; i++) {
                longest = Math.max(longest, now - grewAt[i]);
                if (next[i] > last[i]) {
                    grewAt[i] = now;
                }
            }
            last = next;
        }
        long[] got = last.clone();
        Arrays.setAll(got, i -> got[i] - first[i]);
        return new ProcessorShares(got, now - begin, Duration.ofNanos(longest));
    }

    private static Path[] threads(int count, IntFunction<String> name) throws IOException {
        Map<String, Path> byName = new HashMap<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(THREADS)) {
            for (Path thread : all) {
                byName.put(Files.readString(thread.resolve("comm")).strip(), thread);
            }
        }
        Path[] threads = new Path[count];
        for (int i = 0; i < count; i++) {
            String wanted = name.apply(i) + "/vcpu0";
            Path found = byName.get(wanted.substring(0, Math.min(NAME_LENGTH, wanted.length())));
            if (found == null) {
                throw new IOException("there is no thread " + wanted + ": the machine has ended");
            }
            threads[i] = found;
        }
        return threads;
    }

    private static long[] look(Path[] threads) throws IOException {
        long[] times = new long[threads.length];
        for (int i = 0; i < times.length; i++) {
            times[i] = ProcessorTime.ofThread(threads[i]);
        }
        return times;
    }

    /** What one of them got, in nanoseconds. */
    double of(int machine) {
        return nanos[machine];
    }

    /** What all of them got, in nanoseconds. */
    double together() {
        return Arrays.stream(nanos).sum();
    }

    /** How long they were watched, in nanoseconds. */
    double nanos() {
        return wall;
    }

    /** The longest time for which one of them got nothing, to a look's length. */
    Duration longestWithout() {
        return longestWithout;
    }
}
