package dev.backplane.kernel.internal.memory;

import dev.backplane.natives.Host;
import dev.backplane.natives.HostException;
import dev.backplane.natives.memory.Advice;
import dev.backplane.natives.memory.HostMapping;
import dev.backplane.natives.memory.HostMemory;
import dev.backplane.natives.memory.MemoryFile;
import dev.backplane.natives.memory.Protection;
import dev.backplane.natives.memory.Sharing;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Memory in an anonymous file where the host has such, so that a clone can map it; plain memory elsewhere. */
public final class HostRam implements RamBacking.Source {
    private static final System.Logger LOG = System.getLogger(HostRam.class.getName());

    private final @Nullable Host host;

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
                return FileBacking.create(host.memory(), vm, bytes);
            } catch (UnsupportedOperationException e) {
                LOG.log(System.Logger.Level.DEBUG, "no anonymous files: {0}", e.getMessage());
            } catch (HostException e) {
                throw new OutOfMemoryError(e.getMessage());
            }
        }
        return new PlainBacking(bytes);
    }

    /** An anonymous file and its mapping. */
    private record FileBacking(MemoryFile file, HostMapping mapping) implements RamBacking {
        static FileBacking create(HostMemory memory, String vm, long bytes) throws HostException {
            MemoryFile file = memory.createFile("backplane-" + vm, bytes);
            try {
                return new FileBacking(file, memory.map(file, 0, bytes, Protection.READ_WRITE, Sharing.SHARED));
            } catch (HostException | RuntimeException e) {
                file.close();
                throw e;
            }
        }

        @Override
        public MemorySegment segment() {
            return mapping.segment();
        }

        @Override
        public int fileDescriptor() {
            return file.descriptor();
        }

        /** Frees the pages in the file, so that every other mapping of it reads zeros too. */
        @Override
        public void release(long offset, long bytes) {
            try {
                mapping.advise(offset, bytes, Advice.REMOVE);
            } catch (HostException e) {
                // A host that cannot free them, for instance because the file is on huge pages: what the guest sees is
                // the same.
                LOG.log(System.Logger.Level.DEBUG, "pages stay with the machine: {0}", e.getMessage());
                mapping.segment().asSlice(offset, bytes).fill((byte) 0);
            }
        }

        @Override
        public void close() {
            mapping.close();
            file.close();
        }
    }
}
