package dev.backplane.network.user.internal;

import dev.backplane.api.network.NetworkContext;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.ResourceOpener;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A bay for protocols that a test drives itself. */
final class FakeContext implements NetworkContext, AutoCloseable {
    final Map<String, AutoCloseable> resources = new HashMap<>();
    Executor executor = Runnable::run;

    @Override
    public String id() {
        return "network";
    }

    @Override
    public String vm() {
        return "test";
    }

    @Override
    public System.Logger logger() {
        return System.getLogger("test");
    }

    @Override
    public void fail(String reason, @Nullable Throwable cause) {
        throw new AssertionError(reason, cause);
    }

    @Override
    public Executor executor() {
        return executor;
    }

    @Override
    public <R extends AutoCloseable> R resource(String key, Class<R> type, ResourceOpener<R> opener)
            throws ConfigurationException {
        AutoCloseable found = resources.get(key);
        if (found == null) {
            try {
                found = opener.open();
            } catch (Exception e) {
                throw new ConfigurationException(key + ": " + e.getMessage(), e);
            }
            resources.put(key, found);
        }
        return type.cast(found);
    }

    @Override
    public void release(String key) {
        AutoCloseable found = resources.remove(key);
        if (found != null) {
            close(found);
        }
    }

    @Override
    public void readable() {
        // The test looks by itself.
    }

    @Override
    public void writable() {
        // The test looks by itself.
    }

    @Override
    public void linkChanged() {
        throw new AssertionError("the link never changes");
    }

    @Override
    public void close() {
        resources.values().forEach(FakeContext::close);
        resources.clear();
    }

    private static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
