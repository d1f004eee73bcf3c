package dev.backplane.testkit;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.ResourceOpener;
import java.util.HashMap;
import java.util.Map;

/** The host resources of a bay, which outlive its parts. */
final class HostResources implements AutoCloseable {
    private final Map<String, AutoCloseable> open = new HashMap<>();

    synchronized <R extends AutoCloseable> R resource(String key, Class<R> type, ResourceOpener<R> opener)
            throws ConfigurationException {
        AutoCloseable found = open.get(key);
        if (found == null) {
            try {
                found = opener.open();
            } catch (ConfigurationException e) {
                throw e;
            } catch (Exception e) {
                throw new ConfigurationException(key + ": " + e.getMessage(), e);
            }
            open.put(key, found);
        }
        return type.cast(found);
    }

    synchronized void release(String key) {
        AutoCloseable found = open.remove(key);
        if (found != null) {
            close(key, found);
        }
    }

    synchronized int count() {
        return open.size();
    }

    @Override
    public synchronized void close() {
        open.forEach(HostResources::close);
        open.clear();
    }

    private static void close(String key, AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            throw new IllegalStateException("resource " + key + " does not close", e);
        }
    }
}
