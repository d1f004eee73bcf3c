package dev.backplane.kernel.internal.bay;

import dev.backplane.api.console.ConsoleRef;
import dev.backplane.api.network.NetworkRef;
import dev.backplane.api.storage.StorageRef;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a part stands on: the bays below it by identifier. Filled while they are plugged. */
public final class Fronts {
    private final Map<String, ConsoleFront> consoles = new HashMap<>();
    private final Map<String, StorageFront> storages = new HashMap<>();
    private final Map<String, NetworkFront> networks = new HashMap<>();

    /** Nothing below. */
    public Fronts() {}

    /** Adds a console. */
    public void add(String id, ConsoleFront front) {
        consoles.put(id, front);
    }

    /** Adds a layer of a disk. */
    public void add(String id, StorageFront front) {
        storages.put(id, front);
    }

    /** Adds a network. */
    public void add(String id, NetworkFront front) {
        networks.put(id, front);
    }

    ConsoleFront console(ConsoleRef reference) {
        return named(consoles.get(reference.bay()), "console", reference.bay());
    }

    StorageFront storage(StorageRef reference) {
        return named(storages.get(reference.bay()), "storage", reference.bay());
    }

    NetworkFront network(NetworkRef reference) {
        return named(networks.get(reference.bay()), "network", reference.bay());
    }

    private static <T> T named(@Nullable T front, String what, String id) {
        if (front == null) {
            throw new IllegalArgumentException("no %s \"%s\" belongs to this part".formatted(what, id));
        }
        return front;
    }
}
