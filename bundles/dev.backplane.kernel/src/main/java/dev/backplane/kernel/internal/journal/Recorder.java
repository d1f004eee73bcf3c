package dev.backplane.kernel.internal.journal;

import dev.backplane.kernel.internal.bay.VirtualFront;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Lets everything in as it comes, after it has been written down. */
public final class Recorder implements Journal {
    private static final System.Logger LOG = System.getLogger(Recorder.class.getName());

    /** So much of the end is lost when the process is killed. */
    private static final long MARK_NANOS = 100_000_000;

    private final LiveJournal live = new LiveJournal();
    private final Path file;
    private final long hashEvery;
    private @Nullable RecordingWriter writer;
    private boolean empty = true;
    private long nextHash;
    private long lastTurn = -1;
    private long lastNanos = System.nanoTime();

    /**
     * Begins a recording.
     *
     * @param file does not exist yet
     * @param machine what a replay must find the same, by name
     * @param hashEvery instructions between two hashes of the state
     * @throws IOException when the file cannot be made: the message names it
     */
    public Recorder(Path file, Map<String, String> machine, long hashEvery) throws IOException {
        this.file = file;
        this.hashEvery = hashEvery;
        Instant origin = live.origin();
        try {
            writer = new RecordingWriter(
                    file, new Entry.Head(machine, live.seed(), origin.getEpochSecond(), origin.getNano(), hashEvery));
        } catch (FileAlreadyExistsException e) {
            throw new IOException(file + ": there is such a file already: name another, or remove it", e);
        } catch (NoSuchFileException e) {
            throw new IOException(file + ": the folder of the recording does not exist", e);
        } catch (AccessDeniedException e) {
            throw new IOException(file + ": the recording cannot be made: permission denied", e);
        }
    }

    @Override
    public byte[] seed() {
        return live.seed();
    }

    @Override
    public Instant origin() {
        return live.origin();
    }

    @Override
    public boolean live() {
        return true;
    }

    @Override
    public boolean paced() {
        return true;
    }

    @Override
    public boolean exchange(TurnView view) throws IOException {
        if (writer == null) {
            return live.exchange(view);
        }
        if (view.instructions() >= nextHash) {
            nextHash = (view.instructions() / hashEvery + 1) * hashEvery;
            append(new Entry.Hash(view.turn(), view.instructions(), view.hash()));
        }
        if (System.nanoTime() - lastNanos > MARK_NANOS) {
            waiting(view);
        }
        for (VirtualFront console : view.consoles()) {
            byte[] bytes = console.take();
            if (bytes.length > 0) {
                append(new Entry.Input(view.turn(), view.instructions(), console.id(), bytes));
                console.deliver(bytes);
            }
        }
        return true;
    }

    @Override
    public void waiting(TurnView view) throws IOException {
        if (view.turn() != lastTurn) {
            append(new Entry.Mark(view.turn(), view.instructions()));
        }
    }

    private void append(Entry.Event event) throws IOException {
        RecordingWriter to = writer;
        if (to != null) {
            try {
                to.append(event);
                lastTurn = event.turn();
                lastNanos = System.nanoTime();
                empty = false;
            } catch (IOException e) {
                throw new IOException(
                        "the recording %s cannot be written at instruction %,d: %s"
                                .formatted(file, event.instructions(), e.getMessage()),
                        e);
            }
        }
    }

    @Override
    public void cut(TurnView view, String reason) {
        if (writer == null) {
            return;
        }
        LOG.log(System.Logger.Level.WARNING, "{0}: the recording ends here: {1}", file, reason);
        last(new Entry.Cut(view.turn(), view.instructions(), reason));
    }

    @Override
    public Optional<Verdict> end(TurnView view, Optional<byte[]> whole, String reason) {
        if (writer == null) {
            return Optional.empty();
        }
        return last(
                whole.isPresent()
                        ? new Entry.End(view.turn(), view.instructions(), whole.get(), reason)
                        : new Entry.Cut(view.turn(), view.instructions(), reason));
    }

    private Optional<Verdict> last(Entry.Event event) {
        try {
            append(event);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(new Verdict(false, String.valueOf(e.getMessage())));
        } finally {
            close();
        }
    }

    @Override
    public void close() {
        RecordingWriter open = writer;
        writer = null;
        if (open != null) {
            try {
                open.close();
                if (empty) {
                    // The machine was never started: there is nothing to replay.
                    Files.deleteIfExists(file);
                }
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "{0}: {1}", file, e.getMessage());
            }
        }
    }
}
