package dev.backplane.bench.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One process with one guest, from its start to its end. */
final class GuestRun {
    private static final int BUFFER_BYTES = 4096;
    private static final Duration LAST_MOMENTS = Duration.ofSeconds(10);

    private final Duration silence;
    private @Nullable List<Path> processes;

    private GuestRun(Duration silence) {
        this.silence = silence;
    }

    /**
     * What came of it.
     *
     * @param passes what was measured
     * @param begun from the process's start to the guest's program
     * @param whole from the process's start to its end
     */
    record Result(List<Pass> passes, Span begun, Span whole) {}

    /** A guest that did not get to its end; the message says how. */
    static final class FailedException extends Exception {
        private static final long serialVersionUID = 1;

        FailedException(String message) {
            super(message);
        }
    }

    /**
     * Runs a job.
     *
     * @param silence a guest that says nothing for so long is ended
     */
    static Result of(Contestant contestant, Job job, Path folder, Duration silence)
            throws IOException, InterruptedException, FailedException {
        return new GuestRun(silence).run(contestant.command(job, folder), folder);
    }

    private Result run(List<String> command, Path folder) throws IOException, InterruptedException, FailedException {
        Path messages = folder.resolve("messages");
        long children = ProcessorTime.ofChildren();
        long start = System.nanoTime();
        Process process =
                new ProcessBuilder(command).redirectError(messages.toFile()).start();
        var console = new Console(() -> new Span(System.nanoTime() - start, cpuNanos(process)));
        try {
            boolean silent = read(process, console);
            if (!process.waitFor(LAST_MOMENTS.toMillis(), TimeUnit.MILLISECONDS)) {
                silent = true;
                end(process);
            }
            Span whole = new Span(System.nanoTime() - start, ProcessorTime.ofChildren() - children);
            Span begun = console.begun();
            if (begun == null || !console.ended() || silent) {
                throw new FailedException(failure(console, process, silent, messages));
            }
            return new Result(console.passes(), begun, whole);
        } finally {
            end(process);
        }
    }

    /** Reads to the end of the output; true: nothing came for too long. */
    private boolean read(Process process, Console console) throws IOException {
        var heard = new AtomicLong(System.nanoTime());
        var silent = new AtomicLong();
        Thread watch = Thread.ofVirtual().name("silence").start(() -> {
            try {
                while (System.nanoTime() - heard.get() < silence.toNanos()) {
                    Thread.sleep(Duration.ofMillis(500));
                }
                silent.set(1);
                end(process);
            } catch (InterruptedException e) {
                // The output has ended.
            }
        });
        try (InputStream in = process.getInputStream();
                OutputStream out = process.getOutputStream()) {
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                if (console.accept(buffer, count)) {
                    out.write('\n');
                    out.flush();
                }
                heard.set(System.nanoTime());
            }
        } catch (IOException e) {
            // A process that is ended closes its pipe under the reader.
            if (silent.get() == 0) {
                throw e;
            }
        } finally {
            watch.interrupt();
        }
        return silent.get() != 0;
    }

    private static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    private String failure(Console console, Process process, boolean silent, Path messages) throws IOException {
        String how = silent
                ? "it said nothing for " + silence.toSeconds() + " s and was ended"
                : "it ended with status " + (process.isAlive() ? "?" : process.exitValue());
        String said = Files.readString(messages, StandardCharsets.ISO_8859_1).strip();
        List<String> lines = said.isEmpty() ? console.lastLines() : said.lines().toList();
        String last = lines.isEmpty() ? "" : ": " + lines.getLast().replaceAll("[^ -~]", "");
        return how + (console.begun() == null ? " before its program began" : " before its program was done") + last;
    }

    /** Of the process and those below it, which are all there when the guest writes. */
    private long cpuNanos(Process process) {
        List<Path> all = processes;
        if (all == null) {
            all = Stream.concat(Stream.of(process.toHandle()), process.descendants())
                    .map(handle -> Path.of("/proc", Long.toString(handle.pid()), "task"))
                    .toList();
            processes = all;
        }
        return all.stream().mapToLong(ProcessorTime::ofThreads).sum();
    }
}
