package dev.backplane.kernel.internal.disk;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.ResourceOpener;
import dev.backplane.api.storage.ImageFile;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.kernel.internal.files.ImageFiles;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** What one layer of a disk outside of machines sees of the world. It ends with the layer. */
final class LooseContext implements StorageContext, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(LooseContext.class.getName());
    private static final int THREADS = 16;

    private final String id;
    private final ImageFiles files;
    private final boolean locked;
    private final boolean onlyDescribed;
    private final Map<String, ResizableStorage> below;
    private final Map<String, AutoCloseable> resources = new LinkedHashMap<>();
    private @Nullable ExecutorService threads;

    /**
     * A context.
     *
     * @param onlyDescribed whether the disk is not used
     * @param below the layers that the options refer to, by bay identifier
     */
    LooseContext(
            String id, ImageFiles files, boolean locked, boolean onlyDescribed, Map<String, ResizableStorage> below) {
        this.id = id;
        this.files = files;
        this.locked = locked;
        this.onlyDescribed = onlyDescribed;
        this.below = below;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public String vm() {
        return "disk";
    }

    @Override
    public System.Logger logger() {
        return System.getLogger("backplane.part." + id);
    }

    @Override
    public void fail(String reason, @Nullable Throwable cause) {
        // Whoever uses the disk sees it by the requests that fail.
        LOG.log(System.Logger.Level.ERROR, id + ": " + reason, cause);
    }

    @Override
    public synchronized Executor executor() {
        ExecutorService running = threads;
        if (running == null) {
            running = Executors.newFixedThreadPool(
                    THREADS,
                    Thread.ofPlatform().daemon().name("disk/" + id + "-", 0).factory());
            threads = running;
        }
        return running;
    }

    @Override
    public synchronized <R extends AutoCloseable> R resource(String key, Class<R> type, ResourceOpener<R> opener)
            throws ConfigurationException {
        AutoCloseable known = resources.get(key);
        if (known == null) {
            try {
                known = opener.open();
            } catch (ConfigurationException e) {
                throw e;
            } catch (Exception e) {
                throw new ConfigurationException(key + ": " + e.getMessage(), e);
            }
            resources.put(key, known);
        }
        return type.cast(known);
    }

    @Override
    public synchronized void release(String key) {
        AutoCloseable known = resources.remove(key);
        if (known != null) {
            close(key, known);
        }
    }

    @Override
    public ImageFile file(Path path, boolean writable) throws ConfigurationException {
        return resource(
                "file " + path,
                ImageFile.class,
                () -> files.open(
                        path,
                        writable,
                        locked,
                        "process " + ProcessHandle.current().pid()));
    }

    @Override
    public ResizableStorage storage(StorageRef reference) {
        ResizableStorage found = below.get(reference.bay());
        if (found == null) {
            throw new IllegalArgumentException("no storage \"%s\" belongs to this part".formatted(reference.bay()));
        }
        return found;
    }

    @Override
    public boolean onlyDescribed() {
        return onlyDescribed;
    }

    /** Nothing comes to rest before its requests are answered. */
    @Override
    public void handBackAtRest() {}

    private static void close(String key, AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            LOG.log(System.Logger.Level.WARNING, "{0} did not close: {1}", key, e);
        }
    }

    @Override
    public synchronized void close() {
        if (threads != null) {
            threads.shutdown();
        }
        resources.forEach(LooseContext::close);
        resources.clear();
    }
}
