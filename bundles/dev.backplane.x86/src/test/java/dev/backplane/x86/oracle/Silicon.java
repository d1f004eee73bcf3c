package dev.backplane.x86.oracle;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;

/**
 * The host's processor as a batch machine: a process of its own ({@link SiliconProgram}) that runs up to
 * {@link SiliconLayout#BATCH} cases at a time and survives every exception. One thread at a time.
 */
final class Silicon implements AutoCloseable {
    private static final int DEADLINE_SECONDS = 20;

    private final Arena arena = Arena.ofShared();
    private final Path folder;
    private final Process process;
    private final MemorySegment shared;

    /** Starts the process. */
    Silicon() throws IOException {
        folder = Files.createTempDirectory(Path.of("target"), "silicon");
        Path file = folder.resolve("cases");
        try (var channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            shared = channel.map(FileChannel.MapMode.READ_WRITE, 0, SiliconLayout.FILE_BYTES, arena);
        }
        Path program = Files.write(folder.resolve("silicon"), SiliconProgram.bytes());
        if (!program.toFile().setExecutable(true)) {
            throw new IOException(program + " cannot be made executable");
        }
        process = new ProcessBuilder(
                        program.toAbsolutePath().toString(),
                        file.toAbsolutePath().toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Whether this host can run the program. */
    static boolean isAvailable() {
        return System.getProperty("os.arch").equals("amd64")
                && System.getProperty("os.name").equals("Linux");
    }

    /** The case of a number below {@link SiliconLayout#BATCH}. */
    MemorySegment slot(int index) {
        return shared.asSlice(SiliconLayout.SLOTS + (long) index * SiliconLayout.SLOT_BYTES, SiliconLayout.SLOT_BYTES);
    }

    /** The pages of code, to be written between two batches. */
    MemorySegment code() {
        return shared.asSlice(SiliconLayout.CODE_OFFSET, SiliconLayout.CODE_BYTES);
    }

    /** The pages of data. */
    MemorySegment data() {
        return shared.asSlice(SiliconLayout.DATA_OFFSET, 2L * SiliconLayout.PAGE);
    }

    /** The page that cases cannot write. */
    MemorySegment constant() {
        return shared.asSlice(SiliconLayout.CONSTANT_OFFSET, 0x1000);
    }

    /** Runs the first {@code count} cases. */
    void run(int count) throws IOException {
        shared.set(ValueLayout.JAVA_INT, 0, count);
        process.getOutputStream().write(1);
        process.getOutputStream().flush();
        var watchdog = new Thread(this::watch, "silicon watchdog");
        watchdog.setDaemon(true);
        watchdog.start();
        int answer = process.getInputStream().read();
        watchdog.interrupt();
        if (answer != 1) {
            throw new IOException("the program that runs cases ended in case %d: %s".formatted(current(), exit()));
        }
    }

    /** The case that the program is at. */
    int current() {
        return shared.get(ValueLayout.JAVA_INT, 8);
    }

    private String exit() {
        try {
            return process.waitFor(1, TimeUnit.SECONDS) ? "exit value " + process.exitValue() : "it closed its output";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    private void watch() {
        try {
            TimeUnit.SECONDS.sleep(DEADLINE_SECONDS);
            process.destroyForcibly();
        } catch (InterruptedException e) {
            // The batch is done.
        }
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        arena.close();
        try (var files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(path -> path.toFile().delete());
        }
    }
}
