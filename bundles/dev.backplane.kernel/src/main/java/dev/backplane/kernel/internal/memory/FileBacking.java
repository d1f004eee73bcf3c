package dev.backplane.kernel.internal.memory;

import dev.backplane.natives.HostException;
import dev.backplane.natives.file.HostFile;
import dev.backplane.natives.memory.Advice;
import dev.backplane.natives.memory.HostMapping;
import dev.backplane.natives.memory.HostMemory;
import dev.backplane.natives.memory.MemoryFile;
import dev.backplane.natives.memory.Protection;
import dev.backplane.natives.memory.Sharing;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Memory in an anonymous file. Until it is frozen for the first time it is that file, mapped. From then on it stands on layers that
 * nobody writes, mapped privately at the same addresses: what the machine writes is the mapping's own, and a page that goes back to
 * the host is replaced by one that no file backs, since the layer's would come back otherwise.
 */
final class FileBacking implements RamBacking {
    private static final System.Logger LOG = System.getLogger(FileBacking.class.getName());

    /**
     * What one freeze may add to the mappings. Runs of pages that lie close together are kept as one beyond that: a mapping
     * costs the host 6 us, a page more 2.5 us.
     */
    private static final int MOST_RUNS = 256;

    /** Beyond so many pieces, or so much in layers for each byte of the machine, everything is copied into one. */
    private static final int MOST_PIECES = 1024;

    private static final int MOST_LAYERS_TIMES = 2;

    private final HostMemory memory;
    private final MappingBudget budget;
    private final String vm;
    private final HostMapping mapping;
    private final long pageBytes;
    /** What the mapping writes to; null once it was frozen. */
    private @Nullable MemoryFile shared;
    /** What it stands on; null until it was frozen. */
    private @Nullable Pieces pieces;

    private FileBacking(HostMemory memory, MappingBudget budget, String vm, HostMapping mapping) {
        this.memory = memory;
        this.budget = budget;
        this.vm = vm;
        this.mapping = mapping;
        this.pageBytes = memory.pageSizeBytes();
    }

    /** Zeroed memory. */
    static FileBacking create(HostMemory memory, MappingBudget budget, String vm, long bytes) throws HostException {
        MemoryFile file = memory.createFile(fileName(vm), bytes);
        try {
            HostMapping mapping = memory.map(file, 0, bytes, Protection.READ_WRITE, Sharing.SHARED);
            FileBacking backing = new FileBacking(memory, budget, vm, mapping);
            backing.shared = file;
            return backing;
        } catch (HostException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** Memory that begins as frozen pieces, which are this backing's own from now on. */
    static FileBacking over(HostMemory memory, MappingBudget budget, String vm, Pieces pieces) throws HostException {
        HostMapping mapping = pieces.map(memory, Protection.READ_WRITE);
        FileBacking backing = new FileBacking(memory, budget, vm, mapping);
        backing.pieces = pieces;
        return backing;
    }

    private static String fileName(String vm) {
        return "backplane-" + vm;
    }

    @Override
    public MemorySegment segment() {
        return mapping.segment();
    }

    @Override
    public synchronized int fileDescriptor() {
        return shared == null ? -1 : shared.descriptor();
    }

    @Override
    public synchronized void release(long offset, long bytes) {
        try {
            if (pieces == null) {
                // In the file, so that every other mapping of it reads zeros too.
                mapping.advise(offset, bytes, Advice.REMOVE);
            } else {
                releasePrivate(pieces, new MemoryRun(offset, bytes));
            }
        } catch (HostException e) {
            // A host that cannot free them, for instance because the file is on huge pages: what the guest sees is
            // the same.
            LOG.log(System.Logger.Level.DEBUG, "pages stay with the machine: {0}", e.getMessage());
            mapping.segment().asSlice(offset, bytes).fill((byte) 0);
        }
    }

    private void releasePrivate(Pieces mine, MemoryRun run) throws HostException {
        if (mine.isZero(run)) {
            mapping.advise(run.offset(), run.bytes(), Advice.DONT_NEED);
            return;
        }
        if (!budget.take(Pieces.MOST_MORE)) {
            throw new HostException(
                    "mmap", "ENOMEM", "the machines of this process have as many mappings as it may have");
        }
        int before = mine.count();
        try {
            mapping.clear(run.offset(), run.bytes(), Protection.READ_WRITE);
            mine.put(run, null);
        } finally {
            budget.give(Pieces.MOST_MORE - (mine.count() - before));
        }
    }

    @Override
    public synchronized List<MemoryRun> held(long offset, long bytes) {
        MemoryRun range = new MemoryRun(offset, bytes);
        try {
            List<MemoryRun> runs = new ArrayList<>();
            if (shared != null) {
                Pieces.data(shared, range, runs);
            } else if (pieces != null) {
                for (MemoryRun zeros : pieces.split(range, runs)) {
                    for (MemoryRun own : MemoryRun.of(mapping.ownPages(zeros.offset(), zeros.bytes()), pageBytes, 0)) {
                        runs.add(new MemoryRun(zeros.offset() + own.offset(), own.bytes()));
                    }
                }
                runs.sort(Comparator.comparingLong(MemoryRun::offset));
            }
            return runs.size() <= MOST_RUNS ? runs : List.of(range);
        } catch (HostException e) {
            LOG.log(System.Logger.Level.DEBUG, "what pages a machine holds is not known: {0}", e.getMessage());
            return List.of(range);
        }
    }

    @Override
    public synchronized FrozenRam freeze() throws HostException {
        if (pieces == null) {
            pieces = freezeFile();
        } else {
            BitSet own = mapping.ownPages(0, pieces.bytes());
            if (!own.isEmpty() || !pieces.borrowed().isEmpty()) {
                int before = pieces.count();
                try {
                    keep(pieces, own);
                } finally {
                    budget.give(before - pieces.count());
                }
            }
        }
        return new FrozenFile(memory, budget, pieces.copy());
    }

    /** The file itself becomes the first layer. */
    private Pieces freezeFile() throws HostException {
        MemoryFile file = shared;
        if (file == null) {
            throw new IllegalStateException("this memory is closed");
        }
        long bytes = mapping.segment().byteSize();
        mapping.replace(0, file, 0, bytes, Protection.READ_WRITE, Sharing.PRIVATE);
        shared = null;
        Layer layer = Layer.of(file);
        Pieces first = new Pieces(bytes);
        first.put(new MemoryRun(0, bytes), layer);
        layer.release();
        return first;
    }

    /** What was written since goes into a layer of its own, or everything into one. */
    private void keep(Pieces mine, BitSet own) throws HostException {
        // Others may stand on what is frozen for longer than a file of the host's file system stays as it is.
        boolean whole = crowded(mine) || !mine.borrowed().isEmpty();
        BitSet copied = own;
        if (whole) {
            for (MemoryRun run : mine.data()) {
                copied.set((int) (run.offset() / pageBytes), (int) (run.end() / pageBytes));
            }
        }
        List<MemoryRun> runs =
                whole ? MemoryRun.of(copied, pageBytes, 0) : MemoryRun.atMost(MOST_RUNS, copied, pageBytes);
        Layer layer = Layer.of(copy(runs));
        try {
            for (MemoryRun run : whole ? List.of(new MemoryRun(0, mine.bytes())) : runs) {
                mapping.replace(
                        run.offset(), layer.file(), run.offset(), run.bytes(), Protection.READ_WRITE, Sharing.PRIVATE);
                mine.put(run, layer);
            }
        } finally {
            layer.release();
            mine.prune();
        }
    }

    private boolean crowded(Pieces mine) throws HostException {
        long occupied = 0;
        for (Layer layer : mine.layers()) {
            HostFile file = layer.file();
            occupied += file.occupiedBytes();
        }
        return mine.count() > MOST_PIECES || occupied > MOST_LAYERS_TIMES * mine.bytes();
    }

    private MemoryFile copy(List<MemoryRun> runs) throws HostException {
        MemorySegment bytes = mapping.segment();
        MemoryFile file = memory.createFile(fileName(vm), bytes.byteSize());
        try {
            for (MemoryRun run : runs) {
                file.write(run.offset(), bytes.asSlice(run.offset(), run.bytes()));
            }
            return file;
        } catch (HostException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    @Override
    public synchronized void moveTo(FrozenRam same) throws HostException {
        Pieces mine = pieces;
        List<MemoryRun> borrowed = mine == null ? List.of() : mine.borrowed();
        if (mine == null || borrowed.isEmpty() || !(same instanceof FrozenFile kept)) {
            return;
        }
        Layer layer = kept.only();
        int before = mine.count();
        try {
            for (MemoryRun run : borrowed) {
                move(mine, run, layer);
            }
            mine.prune();
        } finally {
            budget.give(before - mine.count());
        }
    }

    /** Only this mapping has its own pages: they are put aside meanwhile. */
    private void move(Pieces mine, MemoryRun run, Layer layer) throws HostException {
        MemorySegment bytes = mapping.segment().asSlice(run.offset(), run.bytes());
        List<MemoryRun> own = MemoryRun.of(mapping.ownPages(run.offset(), run.bytes()), pageBytes, 0);
        try (Arena arena = Arena.ofConfined()) {
            List<MemorySegment> aside = new ArrayList<>(own.size());
            for (MemoryRun each : own) {
                aside.add(arena.allocate(each.bytes()).copyFrom(bytes.asSlice(each.offset(), each.bytes())));
            }
            mapping.replace(
                    run.offset(), layer.file(), run.offset(), run.bytes(), Protection.READ_WRITE, Sharing.PRIVATE);
            for (int i = 0; i < aside.size(); i++) {
                MemoryRun each = own.get(i);
                bytes.asSlice(each.offset(), each.bytes()).copyFrom(aside.get(i));
            }
        }
        mine.put(run, layer);
    }

    @Override
    public synchronized void close() {
        mapping.close();
        if (shared != null) {
            shared.close();
            shared = null;
        }
        if (pieces != null) {
            budget.give(pieces.count() - 1);
            pieces.close();
        }
    }
}
