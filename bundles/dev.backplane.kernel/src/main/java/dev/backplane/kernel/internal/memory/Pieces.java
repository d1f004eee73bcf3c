package dev.backplane.kernel.internal.memory;

import dev.backplane.natives.HostException;
import dev.backplane.natives.file.HostFile;
import dev.backplane.natives.memory.HostMapping;
import dev.backplane.natives.memory.HostMemory;
import dev.backplane.natives.memory.MemoryFile;
import dev.backplane.natives.memory.Protection;
import dev.backplane.natives.memory.Sharing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which layer each page of a machine's RAM comes from. Every page lies at its own offset in its layer; pages of no layer are
 * zeros. Holds its layers. Not thread-safe.
 */
final class Pieces implements AutoCloseable {
    /** By how much one {@link #put} may raise {@link #count}. */
    static final int MOST_MORE = 2;

    private final long bytes;
    /** By first offset; each reaches to the next one. Neighbours are of different layers. */
    private final TreeMap<Long, Source> starts = new TreeMap<>();

    private final Set<Layer> held = new HashSet<>();

    /** Where a piece comes from. A map has no null values. */
    private record Source(@Nullable Layer layer) {}

    /**
     * Pages of one layer.
     *
     * @param run the pages
     * @param layer where from, or null for zeros
     */
    record Piece(MemoryRun run, @Nullable Layer layer) {}

    /** One piece of zeros. */
    Pieces(long bytes) {
        this.bytes = bytes;
        starts.put(0L, new Source(null));
    }

    long bytes() {
        return bytes;
    }

    /** How many pieces there are. */
    int count() {
        return starts.size();
    }

    /** Puts pages of a layer in place of what is there. */
    void put(MemoryRun run, @Nullable Layer layer) {
        if (layer != null && held.add(layer)) {
            layer.hold();
        }
        Source source = new Source(layer);
        Source behind = run.end() < bytes ? starts.floorEntry(run.end()).getValue() : null;
        starts.subMap(run.offset(), run.end()).clear();
        Map.Entry<Long, Source> before = starts.lowerEntry(run.offset());
        if (before == null || !before.getValue().equals(source)) {
            starts.put(run.offset(), source);
        }
        if (behind != null) {
            if (behind.equals(source)) {
                starts.remove(run.end());
            } else {
                starts.put(run.end(), behind);
            }
        }
    }

    /** Whether pages are zeros that no layer has. */
    boolean isZero(MemoryRun run) {
        Map.Entry<Long, Source> first = starts.floorEntry(run.offset());
        Long next = starts.higherKey(run.offset());
        return first.getValue().layer() == null && (next == null || next >= run.end());
    }

    /**
     * Parts a range.
     *
     * @param layered gets what comes from layers, whose pages come back when somebody touches them
     * @return the pages of no layer
     */
    List<MemoryRun> split(MemoryRun range, List<MemoryRun> layered) {
        List<MemoryRun> zeros = new ArrayList<>();
        for (Piece piece : all()) {
            long from = Math.max(piece.run().offset(), range.offset());
            long end = Math.min(piece.run().end(), range.end());
            if (from < end) {
                add(piece.layer() == null ? zeros : layered, new MemoryRun(from, end - from));
            }
        }
        return zeros;
    }

    /** The pages that come from files of the host's file system: ascending, apart from each other. */
    List<MemoryRun> borrowed() {
        List<MemoryRun> runs = new ArrayList<>();
        for (Piece piece : all()) {
            if (piece.layer() != null && piece.layer().isBorrowed()) {
                add(runs, piece.run());
            }
        }
        return runs;
    }

    private static void add(List<MemoryRun> runs, MemoryRun run) {
        MemoryRun last = runs.isEmpty() ? null : runs.getLast();
        if (last != null && last.end() == run.offset()) {
            runs.set(runs.size() - 1, new MemoryRun(last.offset(), last.bytes() + run.bytes()));
        } else {
            runs.add(run);
        }
    }

    /** Lets go of the layers that no page comes from any more. */
    void prune() {
        Set<Layer> used = new HashSet<>();
        starts.values().forEach(source -> {
            if (source.layer() != null) {
                used.add(source.layer());
            }
        });
        held.removeIf(layer -> {
            if (used.contains(layer)) {
                return false;
            }
            layer.release();
            return true;
        });
    }

    /** The layers that are held. */
    Set<Layer> layers() {
        return held;
    }

    List<Piece> all() {
        List<Piece> all = new ArrayList<>(starts.size());
        for (Map.Entry<Long, Source> start : starts.entrySet()) {
            Long next = starts.higherKey(start.getKey());
            long end = next == null ? bytes : next;
            all.add(new Piece(
                    new MemoryRun(start.getKey(), end - start.getKey()),
                    start.getValue().layer()));
        }
        return all;
    }

    /**
     * Where there may be anything but zeros.
     *
     * @return ascending, apart from each other
     */
    List<MemoryRun> data() throws HostException {
        List<MemoryRun> runs = new ArrayList<>();
        for (Piece piece : all()) {
            if (piece.layer() != null) {
                data(piece.layer().file(), piece.run(), runs);
            }
        }
        return runs;
    }

    /** Adds where a file has data within a range. */
    static void data(HostFile file, MemoryRun within, List<MemoryRun> runs) throws HostException {
        for (long at = file.nextData(within.offset()); at >= 0 && at < within.end(); ) {
            long end = Math.min(file.nextHole(at), within.end());
            add(runs, new MemoryRun(at, end - at));
            at = end < within.end() ? file.nextData(end) : -1;
        }
    }

    /** Maps them privately, one behind the other: {@link #count} mappings. */
    HostMapping map(HostMemory memory, Protection protection) throws HostException {
        Layer most = largest();
        if (most == null) {
            try (MemoryFile empty = memory.createFile("backplane-empty", bytes)) {
                return memory.map(empty, 0, bytes, protection, Sharing.PRIVATE);
            }
        }
        HostMapping mapping = memory.map(most.file(), 0, bytes, protection, Sharing.PRIVATE);
        try {
            for (Piece piece : all()) {
                MemoryRun run = piece.run();
                Layer layer = piece.layer();
                if (layer == null) {
                    mapping.clear(run.offset(), run.bytes(), protection);
                } else if (layer != most) {
                    mapping.replace(run.offset(), layer.file(), run.offset(), run.bytes(), protection, Sharing.PRIVATE);
                }
            }
            return mapping;
        } catch (HostException | RuntimeException e) {
            mapping.close();
            throw e;
        }
    }

    /** The layer that most pages come from, or null where all are zeros. */
    private @Nullable Layer largest() {
        Map<Layer, Long> sizes = new HashMap<>();
        for (Piece piece : all()) {
            if (piece.layer() != null) {
                sizes.merge(piece.layer(), piece.run().bytes(), Long::sum);
            }
        }
        return sizes.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse(null);
    }

    /** The same pieces, with holds of their own. */
    Pieces copy() {
        Pieces copy = new Pieces(bytes);
        copy.starts.clear();
        copy.starts.putAll(starts);
        for (Layer layer : held) {
            copy.held.add(layer.hold());
        }
        return copy;
    }

    /** Where the two take their pages from different layers. Both may be closed. */
    List<MemoryRun> differences(Pieces other) {
        List<MemoryRun> runs = new ArrayList<>();
        Set<Long> cuts = new TreeSet<>(starts.keySet());
        cuts.addAll(other.starts.keySet());
        long from = -1;
        for (long cut : cuts) {
            boolean same = starts.floorEntry(cut)
                    .getValue()
                    .equals(other.starts.floorEntry(cut).getValue());
            if (same && from >= 0) {
                runs.add(new MemoryRun(from, cut - from));
                from = -1;
            } else if (!same && from < 0) {
                from = cut;
            }
        }
        if (from >= 0) {
            runs.add(new MemoryRun(from, bytes - from));
        }
        return runs;
    }

    /** Lets go of all layers. What comes from where can still be compared. */
    @Override
    public void close() {
        held.forEach(Layer::release);
        held.clear();
    }
}
