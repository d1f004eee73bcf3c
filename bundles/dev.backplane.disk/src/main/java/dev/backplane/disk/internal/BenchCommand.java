package dev.backplane.disk.internal;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.OpenDisk;
import dev.backplane.shell.command.CommandException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code backplane disk bench}. */
@Command(
        name = "bench",
        description =
                "Measure requests to an image: so many, one after the other from an offset on, several in flight.",
        exitCodeOnInvalidInput = 1)
final class BenchCommand implements Callable<Integer> {
    private static final int MOST_DEPTH = 256;

    private final Tool tool;

    @Mixin
    private ImageOptions image = new ImageOptions();

    @Option(names = "-c", paramLabel = "N", description = "How many requests (default: 75000).")
    private long count = 75_000;

    @Option(names = "-d", paramLabel = "N", description = "How many are in flight (default: 64).")
    private int depth = 64;

    @Option(
            names = {"-s", "--buffer-size"},
            paramLabel = "SIZE",
            description = "How long each is (default: 4k).")
    private String buffer = "4k";

    @Option(
            names = {"-S", "--step-size"},
            paramLabel = "SIZE",
            description = "How far the next one begins behind it (default: its length).")
    private String step = "";

    @Option(
            names = {"-o", "--offset"},
            paramLabel = "OFFSET",
            description = "Where the first one begins (default: 0).")
    private String offset = "0";

    @Option(names = "-w", description = "Write. What the image holds is lost.")
    private boolean write;

    @Option(names = "--pattern", paramLabel = "BYTE", description = "What is written (default: 0).")
    private int pattern;

    @Option(
            names = "--flush-interval",
            paramLabel = "N",
            description = "Flush after so many requests of a thread (default: never).")
    private long flush;

    @Option(names = "-q", description = "Say nothing but errors.")
    private boolean quiet;

    @Parameters(index = "0", paramLabel = "FILE", description = "The image.")
    private String file = "";

    BenchCommand(Tool tool) {
        this.tool = tool;
    }

    private static long size(String text) throws CommandException {
        return Sizes.parse(text).orElseThrow(() -> new CommandException(text + ": expected a size"));
    }

    @Override
    public Integer call() throws Exception {
        long bytes = size(buffer);
        if (depth < 1 || depth > MOST_DEPTH || count < 1 || bytes < 1 || bytes > 1 << 30) {
            throw new CommandException("expected 1 to %d requests in flight, of 1 byte to 1 GiB".formatted(MOST_DEPTH));
        }
        try (OpenDisk disk = tool.disks().open(write ? image.request(file).forWriting() : image.request(file))) {
            double seconds = measure(disk.storage(), bytes, step.isEmpty() ? bytes : size(step), size(offset));
            if (!quiet) {
                tool.context()
                        .print(String.format(
                                Locale.ROOT,
                                "Run completed in %.3f seconds.%n%.0f requests/s, %s/s%n",
                                seconds,
                                count / seconds,
                                Sizes.text((long) (count * bytes / seconds))));
            }
        }
        return 0;
    }

    private double measure(Storage disk, long bytes, long stepBytes, long first) throws Exception {
        long places = (disk.capacityBytes() - first - bytes) / Math.max(1, stepBytes) + 1;
        if (disk.capacityBytes() - first < bytes) {
            throw new CommandException("%s: no request of %d bytes fits behind %d".formatted(file, bytes, first));
        }
        AtomicLong next = new AtomicLong();
        List<FutureTask<?>> tasks = new ArrayList<>();
        long begun = System.nanoTime();
        for (int i = 0; i < Math.min(depth, count); i++) {
            FutureTask<?> task = new FutureTask<>(() -> {
                requests(disk, bytes, stepBytes, first, places, next);
                return null;
            });
            tasks.add(task);
            Thread.ofPlatform().daemon().name("bench-" + i).start(task);
        }
        for (FutureTask<?> task : tasks) {
            task.get();
        }
        return (System.nanoTime() - begun) / 1e9;
    }

    private void requests(Storage disk, long bytes, long stepBytes, long first, long places, AtomicLong next)
            throws StorageException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(bytes, 4096);
            memory.fill((byte) pattern);
            long own = 0;
            for (long request = next.getAndIncrement(); request < count; request = next.getAndIncrement()) {
                long at = first + request % places * stepBytes;
                if (write) {
                    disk.write(at, memory);
                    if (flush > 0 && ++own % flush == 0) {
                        disk.flush();
                    }
                } else {
                    disk.read(at, memory);
                }
            }
        }
    }
}
