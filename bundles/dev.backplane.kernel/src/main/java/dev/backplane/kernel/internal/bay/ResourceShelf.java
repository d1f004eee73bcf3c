package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.ResourceOpener;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;

/** The host resources of a bay, by key. They outlive the parts that use them. Callable on any thread. */
final class ResourceShelf implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ResourceShelf.class.getName());

    private final Map<String, CompletableFuture<AutoCloseable>> resources = new ConcurrentHashMap<>();
    private final @Nullable ResourceShelf base;

    ResourceShelf() {
        this(null);
    }

    private ResourceShelf(@Nullable ResourceShelf base) {
        this.base = base;
    }

    /** For a part that stands apart: it finds what lies here, but cannot take it away, and what it opens lies on its own. */
    ResourceShelf beside() {
        return new ResourceShelf(this);
    }

    /** Takes over what lies on a shelf beside this one. What is here already stays. */
    void adopt(ResourceShelf other) {
        for (String key : other.resources.keySet()) {
            CompletableFuture<AutoCloseable> resource = other.resources.remove(key);
            if (resource != null && resources.putIfAbsent(key, resource) != null) {
                resource.thenAccept(each -> closeQuietly(key, each));
            }
        }
    }

    <R extends AutoCloseable> R get(String key, Class<R> type, ResourceOpener<R> opener) throws ConfigurationException {
        CompletableFuture<AutoCloseable> mine = new CompletableFuture<>();
        CompletableFuture<AutoCloseable> known = base == null ? null : base.resources.get(key);
        if (known == null) {
            known = resources.putIfAbsent(key, mine);
        }
        AutoCloseable resource = known != null ? join(key, known) : open(key, opener, mine);
        if (!type.isInstance(resource)) {
            throw new ConfigurationException(
                    "resource %s is a %s, not a %s: an earlier version of the plugin opened it; restart the machine"
                            .formatted(key, resource.getClass().getSimpleName(), type.getSimpleName()));
        }
        return type.cast(resource);
    }

    private static AutoCloseable join(String key, CompletableFuture<AutoCloseable> opening)
            throws ConfigurationException {
        try {
            return opening.join();
        } catch (CompletionException e) {
            throw new ConfigurationException(key + ": another thread could not open it");
        }
    }

    private AutoCloseable open(String key, ResourceOpener<?> opener, CompletableFuture<AutoCloseable> mine)
            throws ConfigurationException {
        try {
            AutoCloseable resource = (AutoCloseable) opener.open();
            refusePluginClass(key, resource, opener);
            mine.complete(resource);
            return resource;
        } catch (ConfigurationException e) {
            resources.remove(key, mine);
            mine.completeExceptionally(new IllegalStateException(key));
            throw e;
        } catch (Exception e) {
            resources.remove(key, mine);
            mine.completeExceptionally(new IllegalStateException(key));
            throw new ConfigurationException(key + ": " + Rendered.line(e));
        }
    }

    /** A resource of the plugin's classes would keep the old generation alive and be of no use to the next. */
    private static void refusePluginClass(String key, AutoCloseable resource, ResourceOpener<?> opener)
            throws Exception {
        Bundle plugin = FrameworkUtil.getBundle(opener.getClass());
        if (plugin != null
                && !plugin.equals(FrameworkUtil.getBundle(ResourceShelf.class))
                && plugin.equals(FrameworkUtil.getBundle(resource.getClass()))) {
            resource.close();
            throw new ConfigurationException(
                    "resource %s is of the plugin's own class %s: it could not outlive the plugin; keep a class of the JDK or of a library"
                            .formatted(key, resource.getClass().getName()));
        }
    }

    void release(String key) {
        CompletableFuture<AutoCloseable> opening = resources.remove(key);
        if (opening != null) {
            opening.thenAccept(resource -> closeQuietly(key, resource));
        }
    }

    private static void closeQuietly(String key, AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            LOG.log(System.Logger.Level.WARNING, "{0} did not close: {1}", key, Rendered.line(e));
        }
    }

    /** Those of a type that are open. */
    <R> List<R> open(Class<R> type) {
        return resources.values().stream()
                .filter(CompletableFuture::isDone)
                .filter(opening -> !opening.isCompletedExceptionally())
                .map(CompletableFuture::join)
                .filter(type::isInstance)
                .map(type::cast)
                .toList();
    }

    /** Closes all. */
    @Override
    public void close() {
        resources.keySet().forEach(this::release);
    }
}
