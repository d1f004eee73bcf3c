package dev.backplane.kernel.internal.memory;

import dev.backplane.natives.Host;
import dev.backplane.natives.HostException;
import dev.backplane.natives.memory.HostMemory;
import org.jspecify.annotations.Nullable;

/** Memory in an anonymous file where the host has such, so that a clone can map it; plain memory elsewhere. */
public final class HostRam implements RamBacking.Source {
    private static final System.Logger LOG = System.getLogger(HostRam.class.getName());

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
