package dev.backplane.kernel.internal.vm;

import dev.backplane.api.vm.AccessTap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** Who listens to the accesses of one machine. Its devices tell them only while there are some. Any thread. */
final class Taps {
    private final List<AccessTap> taps = new CopyOnWriteArrayList<>();
    private final Supplier<Optional<Assembly>> wired;

    /** @param wired what the machine was wired to, if it is */
    Taps(Supplier<Optional<Assembly>> wired) {
        this.wired = wired;
    }

    AutoCloseable add(AccessTap tap) {
        taps.add(tap);
        connect();
        return () -> {
            taps.remove(tap);
            connect();
        };
    }

    /** A machine that has not been started connects them when it is wired. */
    void connect() {
        AccessTap all = (port, write, address, size, value) ->
                taps.forEach(each -> each.access(port, write, address, size, value));
        AccessTap connected = taps.isEmpty() ? null : all;
        wired.get()
                .ifPresent(made ->
                        made.bays().devices().forEach(device -> device.socket().tap(connected)));
    }
}
