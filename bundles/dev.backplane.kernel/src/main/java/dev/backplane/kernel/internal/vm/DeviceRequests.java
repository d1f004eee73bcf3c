package dev.backplane.kernel.internal.vm;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmSource;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.file.VmFileReader;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Has devices added to a machine and removed from it for those who ask, and waits for the guest. Any thread but the control thread. */
final class DeviceRequests {
    private final Host host;

    /** The machine. */
    interface Host {
        /** Its name. */
        String name();

        /** Runs something on its control thread; called on any other. */
        <T extends @Nullable Object> T command(Callable<T> command) throws VmException;

        /** Its slots, on its control thread. Fails where it does not run. */
        HotPlug slots() throws VmException;

        /** How it ended. */
        CompletionStage<Vm.Outcome> outcome();
    }

    DeviceRequests(Host host) {
        this.host = host;
    }

    void add(VmSource device) throws VmException {
        PartSpec spec;
        try {
            spec = VmFileReader.device(device);
        } catch (ConfigurationException e) {
            throw new VmException(String.valueOf(e.getMessage()));
        }
        host.command(() -> {
            host.slots().add(spec, device.folder());
            return null;
        });
    }

    void remove(String id, Duration patience) throws VmException {
        CompletableFuture<@Nullable Void> released = new CompletableFuture<>();
        host.command(() -> {
            host.slots().ask(id, () -> released.complete(null));
            return null;
        });
        await(released, patience);
        boolean goes = released.isDone();
        host.command(() -> {
            if (goes) {
                host.slots().takeOut(id);
            } else {
                host.slots().stays(id);
            }
            return null;
        });
        if (!goes) {
            throw new VmException(
                    "%s: the guest has not let %s go within %.1f s: is its driver for hot-plug there, and is the device not in use? It stays; ask again later"
                            .formatted(host.name(), id, patience.toMillis() / 1e3));
        }
    }

    /** A machine that ends lets nothing go any more. */
    private void await(CompletableFuture<?> released, Duration patience) {
        try {
            CompletableFuture.anyOf(released, host.outcome().toCompletableFuture())
                    .get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException e) {
            // Whether it is released is looked at by who called.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
