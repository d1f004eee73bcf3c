package dev.backplane.kernel.internal.memory;

import dev.backplane.natives.Host;
import dev.backplane.natives.HostException;
import dev.backplane.natives.file.HostFile;
import dev.backplane.natives.file.HostFiles;
import dev.backplane.natives.memory.HostMemory;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Memory in an anonymous file where the host has such, so that a clone can map it; plain memory elsewhere. */
public final class HostRam implements RamBacking.Source {
    private static final System.Logger LOG = System.getLogger(HostRam.class.getName());

    /** Beyond so many mappings a machine's memory is read: each takes the host some time, and of those that the process may have. */
    private static final int MOST_PIECES = 256;

    private final @Nullable Host host;
    /** Made when the first memory is: until then the host's interfaces are not bound. */
    private @Nullable MappingBudget budget;

    /**
     * Memory of this host.
     *
     * @param host its interfaces, or null
     */
    public HostRam(@Nullable Host host) {
        this.host = host;
    }

    @Override
    public RamBacking allocate(String vm, long bytes) {
        if (host != null) {
            try {
                return FileBacking.create(host.memory(), budget(host.memory()), vm, bytes);
            } catch (UnsupportedOperationException e) {
                LOG.log(System.Logger.Level.DEBUG, "no anonymous files: {0}", e.getMessage());
            } catch (HostException e) {
                throw new OutOfMemoryError(e.getMessage());
            }
        }
        return new PlainBacking(bytes);
    }

    @Override
    public Optional<FrozenRam> lookAt(long bytes, List<FileRun> runs) {
        if (host == null) {
            return Optional.empty();
        }
        Map<Path, Layer> layers = new HashMap<>();
        Pieces pieces = new Pieces(bytes);
        boolean complete = false;
        try {
            for (FileRun run : runs) {
                if (!put(pieces, run, layers, host.files())) {
                    return Optional.empty();
                }
            }
            complete = pieces.count() <= MOST_PIECES;
            return complete
                    ? Optional.of(new FrozenFile(host.memory(), budget(host.memory()), pieces))
                    : Optional.empty();
        } catch (HostException | UnsupportedOperationException e) {
            LOG.log(System.Logger.Level.DEBUG, "memory is read and not mapped: {0}", e.getMessage());
            return Optional.empty();
        } finally {
            layers.values().forEach(Layer::release);
            if (!complete) {
                pieces.close();
            }
        }
    }

    private static boolean put(Pieces pieces, FileRun run, Map<Path, Layer> layers, HostFiles files)
            throws HostException {
        Layer layer = layers.get(run.file());
        if (layer == null) {
            Optional<HostFile> file = files.openLeased(run.file());
            if (file.isEmpty()) {
                return false;
            }
            layer = Layer.of(file.get());
            layers.put(run.file(), layer);
        }
        HostFile file = layer.file();
        if (file.sizeBytes() < run.run().end()) {
            return false;
        }
        // A hole is as good as zeros, and spares a mapping.
        if (!run.zeros() || !hasData(file, run.run())) {
            pieces.put(run.run(), layer);
        }
        return true;
    }

    private static boolean hasData(HostFile file, MemoryRun run) throws HostException {
        long data = file.nextData(run.offset());
        return data >= 0 && data < run.end();
    }

    /** Half of what the process may have: the other half is for the JVM, its libraries and CPU backends. */
    private synchronized MappingBudget budget(HostMemory memory) {
        MappingBudget made = budget;
        if (made == null) {
            made = new MappingBudget(memory.mostMappings() / 2);
            budget = made;
        }
        return made;
    }
}
