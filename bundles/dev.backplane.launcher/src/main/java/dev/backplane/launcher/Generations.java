package dev.backplane.launcher;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the generation of the plugin store that a process starts with: the current one, unless it did not get ready before; then the one
 * before it. Beside a generation's file {@code N.ready} says that a process got ready with it, {@code N.trying} which process tries it
 * for the first time, {@code N.failed} why it is not used any more.
 */
final class Generations {
    private final Path store;
    private final Consumer<String> say;

    /** @param say told what people should know */
    Generations(Path store, Consumer<String> say) {
        this.store = store;
        this.say = say;
    }

    private static System.Logger log() {
        return System.getLogger(Generations.class.getName());
    }

    /** Where the jars lie. */
    Path objects() {
        return store.resolve("objects");
    }

    private Path file(int number, String ending) {
        return store.resolve("generations").resolve(number + ending);
    }

    /** The set to start with. */
    PluginSet choose() {
        int number = current();
        while (number > 0) {
            var set = read(number);
            if (set == null) {
                return PluginSet.NONE;
            }
            if (Files.exists(file(number, ".failed"))) {
                number = set.before();
                continue;
            }
            var reason = set.damage(objects());
            if (reason.isEmpty() && !Files.exists(file(number, ".ready")) && hasEnded(file(number, ".trying"))) {
                reason = Optional.of("the first process that started with it ended before it was ready");
            }
            if (reason.isEmpty()) {
                begin(number);
                return set;
            }
            failed(set, reason.get());
            number = set.before();
        }
        return PluginSet.NONE;
    }

    private int current() {
        try {
            var text = Files.readString(store.resolve("current")).strip();
            return text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    private @Nullable PluginSet read(int number) {
        try {
            return PluginSet.parse(number, Files.readAllLines(file(number, "")));
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException | IllegalArgumentException e) {
            say.accept("plugin generation %d cannot be read (%s): the installation's plugins are used"
                    .formatted(number, e.getMessage()));
            return null;
        }
    }

    private static boolean hasEnded(Path trying) {
        try {
            return ProcessHandle.of(Long.parseLong(Files.readString(trying).strip()))
                    .isEmpty();
        } catch (IOException e) {
            return false;
        } catch (NumberFormatException e) {
            return true;
        }
    }

    private void begin(int number) {
        if (!Files.exists(file(number, ".ready"))) {
            write(file(number, ".trying"), Long.toString(ProcessHandle.current().pid()));
        }
    }

    /** Everything of a set is started. */
    void ready(PluginSet set) {
        if (set.number() > 0 && !Files.exists(file(set.number(), ".ready"))) {
            write(file(set.number(), ".ready"), "");
            forget(set);
        }
    }

    /** Somebody ends the process before it was ready: that says nothing of the set. */
    void forget(PluginSet set) {
        try {
            Files.deleteIfExists(file(set.number(), ".trying"));
        } catch (IOException e) {
            log().log(System.Logger.Level.WARNING, "plugin generation {0}: {1}", set.number(), e.toString());
        }
    }

    /** A set did not get ready: the one before it is the current one from now on. */
    void failed(PluginSet set, String reason) {
        say.accept("plugin generation %d did not get ready (%s): %s; 'plugin history' lists them"
                .formatted(
                        set.number(),
                        reason,
                        set.before() > 0
                                ? "back to generation " + set.before()
                                : "back to the installation's plugins"));
        write(file(set.number(), ".failed"), reason);
        if (current() == set.number()) {
            write(store.resolve("current"), Integer.toString(set.before()));
        }
        forget(set);
    }

    /** A file appears whole or not at all. A store that cannot be written is used as it is. */
    private void write(Path file, String text) {
        try {
            var part = Files.createTempFile(file.getParent(), "new", ".part");
            try {
                Files.writeString(part, text);
                try (var channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
                    channel.force(true);
                }
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            log().log(System.Logger.Level.WARNING, "{0} cannot be written: {1}", file, e.toString());
        }
    }
}
