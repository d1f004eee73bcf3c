package dev.backplane.kernel.internal.journal;

import dev.backplane.kernel.internal.bay.VirtualFront;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Lets in what a recording has, where it has it, and compares the state wherever it has a hash. */
public final class Replayer implements Journal {
    private final Path file;
    private final RecordingReader reader;
    private byte[] lastHash = {};
    private long lastHashAt;
    private @Nullable Verdict verdict;

    /**
     * Opens a recording.
     *
     * @param file the recording
     * @param machine what must be as it was recorded, by name
     * @throws IOException when it cannot be read, or is of another machine: the message says what differs
     */
    public Replayer(Path file, Map<String, String> machine) throws IOException {
        this.file = file;
        try {
            reader = new RecordingReader(file);
        } catch (NoSuchFileException e) {
            throw new IOException(file + ": no such recording", e);
        } catch (AccessDeniedException e) {
            throw new IOException(file + ": the recording cannot be read: permission denied", e);
        }
        try {
            refuseOther(reader.head().machine(), machine);
        } catch (IOException e) {
            reader.close();
            throw e;
        }
    }

    private void refuseOther(Map<String, String> recorded, Map<String, String> here) throws IOException {
        TreeSet<String> names = new TreeSet<>(recorded.keySet());
        names.addAll(here.keySet());
        StringBuilder differences = new StringBuilder();
        for (String name : names) {
            String then = recorded.getOrDefault(name, "absent");
            String now = here.getOrDefault(name, "absent");
            if (!then.equals(now)) {
                differences.append("\n  %s: recorded with %s, here it is %s".formatted(name, then, now));
            }
        }
        if (!differences.isEmpty()) {
            throw new IOException(file + " was recorded on another machine:" + differences);
        }
    }

    @Override
    public byte[] seed() {
        return reader.head().seed();
    }

    @Override
    public Instant origin() {
        return Instant.ofEpochSecond(reader.head().wallSeconds(), reader.head().wallNanos());
    }

    @Override
    public boolean live() {
        return false;
    }

    @Override
    public boolean paced() {
        return false;
    }

    @Override
    public boolean exchange(TurnView view) throws IOException {
        while (verdict == null) {
            Entry.Event next = reader.peek();
            if (next == null) {
                verdict = incomplete(view, reader.end());
            } else if (next.turn() > view.turn()) {
                return true;
            } else if (next instanceof Entry.Cut cut
                    && (cut.turn() < view.turn() || cut.instructions() == view.instructions())) {
                verdict = incomplete(view, cut.reason());
            } else if (next.turn() < view.turn()) {
                verdict = passed(view, next);
            } else if (next.instructions() > view.instructions()
                    && (next instanceof Entry.End || next instanceof Entry.Cut)) {
                // The guest itself ended, within the turn.
                return true;
            } else if (next.instructions() != view.instructions()) {
                verdict = different(
                        view,
                        "before turn %,d instruction %,d had been recorded, and the replay is at %,d"
                                .formatted(view.turn(), next.instructions(), view.instructions()));
            } else if (next instanceof Entry.End) {
                return false;
            } else {
                replay(view, next);
                reader.advance();
            }
        }
        return false;
    }

    private void replay(TurnView view, Entry.Event event) {
        switch (event) {
            case Entry.Input input -> {
                Optional<VirtualFront> console = view.consoles().stream()
                        .filter(each -> each.id().equals(input.console()))
                        .findFirst();
                if (console.isEmpty() || !console.get().deliver(input.bytes())) {
                    verdict = different(
                            view,
                            "%s cannot take the %d bytes that were recorded"
                                    .formatted(input.console(), input.bytes().length));
                }
            }
            case Entry.Mark mark -> {
                // That it was reached at this instruction is all that it says.
            }
            case Entry.Hash hash -> {
                byte[] now = view.hash();
                if (Arrays.equals(now, hash.hash())) {
                    lastHash = now;
                    lastHashAt = view.instructions();
                } else {
                    verdict = different(
                            view, "the state hash is %s, recorded was %s".formatted(hex(now), hex(hash.hash())));
                }
            }
            case Entry.End end -> throw new IllegalStateException("seen to above: " + end);
            case Entry.Cut cut -> throw new IllegalStateException("seen to above: " + cut);
        }
    }

    private Verdict incomplete(TurnView view, String why) {
        return new Verdict(
                true,
                "replayed %,d instructions, as far as the recording goes (%s), state hash %s at instruction %,d: same as recorded"
                        .formatted(view.instructions(), why, hex(lastHash), lastHashAt));
    }

    private Verdict passed(TurnView view, Entry.Event missed) {
        return different(
                view,
                missed instanceof Entry.End end
                        ? "the recorded machine ended at instruction %,d: %s"
                                .formatted(end.instructions(), end.reason())
                        : "something that was recorded at instruction %,d has not come up"
                                .formatted(missed.instructions()));
    }

    private Verdict different(TurnView view, String what) {
        return new Verdict(
                false,
                "the replay differs at instruction %,d: %s; the last state that was the same was at instruction %,d%s"
                        .formatted(
                                view.instructions(),
                                what,
                                lastHashAt,
                                view.report().isEmpty() ? "" : "\n" + view.report()));
    }

    /** Nothing comes that the recording does not bring. */
    @Override
    public void waiting(TurnView view) {
        if (verdict == null) {
            verdict = different(view, "all vCPUs wait, and the recording has nothing for them");
        }
    }

    @Override
    public void cut(TurnView view, String reason) {
        if (verdict == null) {
            verdict = different(view, "what follows cannot be compared: " + reason);
        }
    }

    @Override
    public Optional<Verdict> end(TurnView view, Optional<byte[]> whole, String reason) {
        if (verdict != null) {
            return Optional.of(verdict);
        }
        return Optional.of(
                switch (reader.peek()) {
                    case Entry.End end -> compare(view, end, whole, reason);
                    case Entry.Cut cut -> incomplete(view, cut.reason());
                    case null -> incomplete(view, reader.end());
                    default ->
                        new Verdict(
                                false,
                                "the replay ended at instruction %,d: %s; the recording goes on"
                                        .formatted(view.instructions(), reason));
                });
    }

    private Verdict compare(TurnView view, Entry.End end, Optional<byte[]> whole, String reason) {
        if (end.turn() != view.turn() || end.instructions() != view.instructions()) {
            return different(
                    view,
                    "it ended: %s; the recorded machine ended at instruction %,d: %s"
                            .formatted(reason, end.instructions(), end.reason()));
        }
        if (whole.isEmpty()) {
            return different(view, "the state of its devices at the end cannot be had: " + reason);
        }
        return Arrays.equals(whole.get(), end.hash())
                ? new Verdict(
                        true,
                        "replayed %,d instructions, state hash %s: same as recorded"
                                .formatted(view.instructions(), hex(whole.get())))
                : different(
                        view,
                        "the state hash at the end is %s, recorded was %s"
                                .formatted(hex(whole.get()), hex(end.hash())));
    }

    private static String hex(byte[] hash) {
        return HexFormat.of().formatHex(hash);
    }

    @Override
    public void close() {
        try {
            reader.close();
        } catch (IOException e) {
            System.getLogger(Replayer.class.getName())
                    .log(System.Logger.Level.WARNING, "{0}: {1}", file, e.getMessage());
        }
    }
}
