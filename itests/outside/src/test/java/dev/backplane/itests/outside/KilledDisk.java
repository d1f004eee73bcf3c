package dev.backplane.itests.outside;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** An image that clients write through {@code disk serve}, which is killed again and again. */
final class KilledDisk {
    private static final Duration TIMEOUT = Duration.ofMinutes(3);
    private static final int DISK_BYTES = 16 << 20;
    private static final int PIECE_BYTES = 1 << 20;
    private static final int CLIENTS = 4;
    /** A kill comes behind so many answers at most. */
    private static final int MOST_ANSWERS = 1500;

    /**
     * An image's format.
     *
     * @param name ours
     * @param qemuName QEMU's
     * @param options for {@code qemu-img create -o}
     * @param look what QEMU's check can do
     */
    record Format(String name, String qemuName, String options, Look look) {
        @Override
        public String toString() {
            return name + (options.isEmpty() ? "" : " " + options);
        }
    }

    /** What {@code qemu-img check} can do. */
    enum Look {
        /** It knows no check of the format. */
        NONE,
        /** It finds contradictions. */
        CHECK,
        /** It finds them behind a repair: of a log that is to be applied, or of a mark that says in use. */
        REPAIR
    }

    private final Path folder;
    private final Format format;
    private final Random random;
    private final Path image;
    private final SectorHistory history;
    private final String name;

    KilledDisk(Path folder, Format format, long seed) throws IOException {
        this.folder = folder;
        this.format = format;
        random = new Random(seed);
        name = format + ", seed " + seed;
        image = folder.resolve("image." + format.name());
        List<String> command = new ArrayList<>(List.of("qemu-img", "create", "-q", "-f", format.qemuName()));
        if (!format.options().isEmpty()) {
            command.addAll(List.of("-o", format.options()));
        }
        command.addAll(List.of(image.toString(), Integer.toString(DISK_BYTES)));
        HostTool.run(folder, command);
        history = new SectorHistory(DISK_BYTES / SectorHistory.SECTOR);
    }

    private Backplane serve(Path socket) {
        var server =
                Backplane.start("disk", "serve", "-f", format.name(), "--socket", socket.toString(), image.toString());
        server.awaitErrors("is served at", TIMEOUT);
        return server;
    }

    /** Serves it, and kills the server while it is written. What the kill before has left is read and written on. */
    void kill(int number) throws Exception {
        String when = "%s, kill %d".formatted(name, number);
        // A kill leaves the socket of the one before.
        Path socket = folder.resolve("socket");
        try (var server = serve(socket)) {
            readAll(socket, when + ", opened again");
            Semaphore answers = new Semaphore(0);
            try (ExecutorService clients =
                    Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
                List<Future<?>> all = new ArrayList<>();
                for (int i = 0; i < CLIENTS; i++) {
                    long seed = random.nextLong();
                    all.add(clients.submit(() -> write(socket, new Random(seed), answers)));
                }
                boolean came = answers.tryAcquire(
                        random.nextInt(random.nextInt(4) == 0 ? 20 : MOST_ANSWERS),
                        TIMEOUT.toSeconds(),
                        TimeUnit.SECONDS);
                server.killJvm();
                for (Future<?> each : all) {
                    finish(each, when);
                }
                if (!came) {
                    throw new AssertionError(when + ": the server answers too slowly, or not at all");
                }
            }
            server.await(TIMEOUT);
        }
        judge(when);
    }

    /** A client whose server is gone has done its work. */
    private static void finish(Future<?> client, String when) throws InterruptedException {
        try {
            client.get();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof IOException)) {
                throw new AssertionError(when, e.getCause());
            }
        }
    }

    /** The last kill's image is opened, read, and closed as it should be. */
    void end() throws IOException {
        Path socket = folder.resolve("socket");
        try (var server = serve(socket)) {
            readAll(socket, name + ", at the end");
            server.signal("TERM");
            server.await(TIMEOUT);
        }
        judge(name + ", closed");
    }

    private void readAll(Path socket, String when) throws IOException {
        byte[] disk = new byte[DISK_BYTES];
        try (var client = new NbdClient(socket)) {
            for (int at = 0; at < DISK_BYTES; at += PIECE_BYTES) {
                System.arraycopy(client.read(at, PIECE_BYTES), 0, disk, at, PIECE_BYTES);
            }
        }
        history.check(disk, true, when);
    }

    private Void write(Path socket, Random dice, Semaphore answers) throws IOException {
        try (var client = new NbdClient(socket)) {
            for (; ; answers.release()) {
                if (dice.nextInt(20) == 0) {
                    long before = history.answers();
                    client.flush();
                    history.flushed(before);
                } else {
                    request(client, dice);
                }
            }
        }
    }

    private void request(NbdClient client, Random dice) throws IOException {
        int most = dice.nextInt(30) == 0 ? 1024 : 40;
        int count = 1 + dice.nextInt(most);
        int first = dice.nextInt(DISK_BYTES / SectorHistory.SECTOR - count);
        int choice = dice.nextInt(12);
        var kind = choice == 0
                ? SectorHistory.Kind.TRIM
                : choice == 1 ? SectorHistory.Kind.ZERO : SectorHistory.Kind.WRITE;
        var request = history.begin(first, count, kind);
        if (request == null) {
            return;
        }
        boolean stable = kind != SectorHistory.Kind.TRIM && dice.nextInt(25) == 0;
        long offset = (long) first * SectorHistory.SECTOR;
        int length = count * SectorHistory.SECTOR;
        switch (kind) {
            case TRIM -> client.trim(offset, length);
            case ZERO -> client.zero(offset, length, stable);
            case WRITE -> client.write(offset, SectorHistory.bytes(request.stamp(), first, count), stable);
        }
        history.answered(request, stable);
    }

    /** QEMU's tools look at a copy, since some repair. */
    private void judge(String when) throws IOException {
        Path copy = folder.resolve("copy." + format.name());
        Files.copy(image, copy, StandardCopyOption.REPLACE_EXISTING);
        if (format.look() == Look.REPAIR) {
            HostTool.end(
                    folder, List.of("qemu-img", "check", "-q", "-r", "all", "-f", format.qemuName(), copy.toString()));
        }
        if (format.look() != Look.NONE) {
            var said = HostTool.end(folder, List.of("qemu-img", "check", "-f", format.qemuName(), copy.toString()));
            // 3: something is allocated that nobody uses.
            boolean sound = said.status() == 0 || said.status() == 3 || isCountTooHigh(said.text());
            if (!sound) {
                throw new AssertionError(when + ": " + said);
            }
        }
        Path raw = folder.resolve("copy.raw.out");
        HostTool.run(
                folder,
                List.of("qemu-img", "convert", "-f", format.qemuName(), "-O", "raw", copy.toString(), raw.toString()));
        history.check(Files.readAllBytes(raw), false, when);
    }

    /** A VDI image may say that it has more blocks than it has, which harms nobody. */
    private boolean isCountTooHigh(String text) {
        return format.name().equals("vdi")
                && text.lines()
                        .filter(line -> line.startsWith("ERROR"))
                        .allMatch(line -> line.contains("allocated blocks mismatch"));
    }
}
