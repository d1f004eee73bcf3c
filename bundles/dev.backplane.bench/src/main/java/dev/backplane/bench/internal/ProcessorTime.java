package dev.backplane.bench.internal;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Processor time of processes and threads, as Linux tells it; in nanoseconds. */
final class ProcessorTime {
    private static final long NANOS_A_TICK = 10_000_000;
    /** Times of children that were waited for, in /proc/self/stat (proc(5)), counted behind the name. */
    private static final int CUTIME = 13;

    private static final int CSTIME = 14;

    private ProcessorTime() {}

    /** Of the threads that a process has, by its folder {@code task}; zero when it has gone. */
    static long ofThreads(Path tasks) {
        long sum = 0;
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
            for (Path thread : threads) {
                sum += ofThread(thread);
            }
        } catch (IOException e) {
            // A thread that has just ended counts for nothing.
        }
        return sum;
    }

    /** Of a thread, by its folder. */
    static long ofThread(Path thread) throws IOException {
        String text = Files.readString(thread.resolve("schedstat"));
        return Long.parseLong(text.substring(0, text.indexOf(' ')));
    }

    /** Of all processes that this one has started and seen end, and of theirs; in steps of 10 ms. */
    static long ofChildren() throws IOException {
        String stat = Files.readString(Path.of("/proc/self/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[CUTIME]) + Long.parseLong(fields[CSTIME])) * NANOS_A_TICK;
    }
}
