package dev.backplane.shell.internal.cli;

import dev.backplane.api.vm.RestoreOptions;
import dev.backplane.api.vm.SnapshotOptions;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmSource;
import dev.backplane.guest.Guest;
import dev.backplane.guest.GuestArguments;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * The demo's guest as it was when it had booted: a snapshot in the cache, made when there is none yet that fits. What it hangs on is in its
 * folder's name: this build, the guest's files, the machine. Others are dropped.
 */
final class WarmGuest {
    private static final Duration BOOT = Duration.ofMinutes(2);
    private static final Duration ABANDONED = Duration.ofHours(1);
    private static final String READY = "R 1\n";
    private static final String NEW = ".new-";

    private final Environment environment;
    private final Guest guest;
    private final Map<String, String> overrides;
    private final Path cache;

    /** @param overrides of the VM file, by key */
    WarmGuest(Environment environment, Guest guest, Map<String, String> overrides) {
        this.environment = environment;
        this.guest = guest;
        this.overrides = Map.copyOf(overrides);
        cache = environment.guests().defaultCache().resolveSibling("warm");
    }

    /**
     * A machine that goes on from there when it is started.
     *
     * @param changes values of its VM file that are of this run
     * @throws VmException when it cannot be, whatever the reason: a guest that boots is as good
     */
    Vm machine(RunFolder folder, Map<String, String> changes) throws VmException {
        try {
            Path kept = cache.resolve(key());
            if (!Files.exists(kept.resolve("manifest.json"))) {
                make(kept, folder);
            }
            try {
                return environment.vms().restore(kept, new RestoreOptions(Optional.empty(), changes, Optional.empty()));
            } catch (VmException e) {
                // The next run makes another one.
                delete(kept);
                throw e;
            }
        } catch (VmException e) {
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VmException("interrupted");
        } catch (Exception e) {
            throw new VmException(String.valueOf(e.getMessage()));
        }
    }

    private void make(Path kept, RunFolder folder) throws Exception {
        Files.createDirectories(cache);
        dropOthers(kept);
        environment.say("Booting Linux " + guest.release() + " once, to keep it in " + cache);
        Vm vm = environment
                .vms()
                .define(new VmSource(
                        "", DemoMachine.warm(guest, folder), Path.of("").toAbsolutePath(), overrides));
        Path early =
                cache.resolve(kept.getFileName() + NEW + ProcessHandle.current().pid());
        try {
            vm.start(Duration.ZERO);
            awaitReady(vm, folder.socket());
            vm.snapshot(early, SnapshotOptions.PLAIN);
        } finally {
            vm.kill("it is kept");
            vm.remove();
        }
        if (Files.exists(kept)) {
            // Another process was faster.
            delete(early);
        } else {
            Files.move(early, kept);
        }
    }

    private static void awaitReady(Vm vm, Path socket) throws Exception {
        CompletableFuture<Boolean> ready = new CompletableFuture<>();
        vm.outcome()
                .thenAccept(outcome -> ready.completeExceptionally(
                        new VmException("the guest ended while it booted: " + outcome.reason())));
        Thread reader = Thread.ofVirtual().name("warm guest").start(() -> {
            try (SocketChannel channel = GuestPort.connect(socket)) {
                StringBuilder said = new StringBuilder();
                ByteBuffer bytes = ByteBuffer.allocate(256);
                while (said.indexOf(READY) < 0) {
                    if (channel.read(bytes.clear()) < 0) {
                        throw new IOException("the guest's second serial port was closed");
                    }
                    said.append(new String(bytes.array(), 0, bytes.position(), StandardCharsets.ISO_8859_1));
                }
                ready.complete(true);
            } catch (IOException | InterruptedException e) {
                ready.completeExceptionally(e);
            }
        });
        try {
            ready.get(BOOT.toMillis(), TimeUnit.MILLISECONDS);
            // So that nobody is on the other side of the port when it is kept.
            reader.join();
        } catch (TimeoutException e) {
            throw new VmException("the guest was not ready within " + BOOT.toSeconds() + " s");
        } catch (ExecutionException e) {
            throw new VmException(String.valueOf(e.getCause().getMessage()));
        } finally {
            reader.interrupt();
        }
    }

    /** What the guest is told when it goes on: what is of this run. */
    static byte[] handOver(GuestArguments arguments, Optional<String> command) {
        byte[] seed = new byte[64];
        new SecureRandom().nextBytes(seed);
        return arguments.handOver(seed, Instant.now(), command).getBytes(StandardCharsets.UTF_8);
    }

    /** Names everything on which the booted guest hangs. */
    private String key() throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
        List<String> facts = new ArrayList<>();
        facts.add(DemoMachine.warmFacts(guest));
        facts.add(new TreeMap<>(overrides).toString());
        facts.add(file(guest.kernel()));
        facts.add(file(guest.initrd()));
        String home = System.getProperty("backplane.home", "");
        Path bundles = Path.of(home, "bundles");
        if (Files.isDirectory(bundles)) {
            try (Stream<Path> all = Files.list(bundles)) {
                for (Path bundle : all.sorted().toList()) {
                    facts.add(file(bundle));
                }
            }
        }
        for (String fact : facts) {
            digest.update((fact + "\n").getBytes(StandardCharsets.UTF_8));
        }
        return HexFormat.of().formatHex(digest.digest(), 0, 10);
    }

    private static String file(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return "%s %d %s".formatted(file, attributes.size(), attributes.lastModifiedTime());
    }

    /** Those that nothing goes on from any more, and what an interrupted run has left. */
    private void dropOthers(Path kept) throws IOException {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(cache)) {
            for (Path each : all) {
                boolean fresh = Files.getLastModifiedTime(each)
                        .toInstant()
                        .isAfter(Instant.now().minus(ABANDONED));
                boolean underWay = each.getFileName().toString().contains(NEW) && fresh;
                if (!each.equals(kept) && !underWay) {
                    delete(each);
                }
            }
        }
        if (Files.exists(kept)) {
            delete(kept);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            all.sorted(Comparator.reverseOrder()).forEach(each -> {
                try {
                    Files.deleteIfExists(each);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** What is of one run: where the consoles lead to, and what a reset means. */
    static Map<String, String> changes(RunFolder folder, boolean command) {
        Map<String, String> changes = new LinkedHashMap<>();
        changes.put("devices.com1.console", command ? DemoMachine.messages(folder) : "stdio");
        changes.put("devices.com2.console", DemoMachine.socket(folder));
        changes.put("onReboot", command ? "exit" : "restart");
        return changes;
    }
}
