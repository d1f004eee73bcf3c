package dev.backplane.kernel.internal.vm;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.file.VmFile;
import dev.backplane.kernel.internal.vm.TypeResolution.MissingType;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Waits for missing types, where somebody asked for that, or while the framework itself is still starting its plugins. On
 * the machine's control thread.
 */
final class Patience {
    private static final Duration FRAMEWORK_START = Duration.ofSeconds(30);
    private static final long LOOK_NANOS = 100_000_000;

    private final Catalogue catalogue;
    private final BooleanSupplier framework;
    private final BooleanSupplier abandoned;

    Patience(Catalogue catalogue, BooleanSupplier framework, BooleanSupplier abandoned) {
        this.catalogue = catalogue;
        this.framework = framework;
        this.abandoned = abandoned;
    }

    Wiring.Bill lookUp(Wiring wiring, VmFile file, Duration patience)
            throws MissingType, ConfigurationException, InterruptedException {
        Deadline asked = Deadline.in(patience);
        Deadline starting = Deadline.in(FRAMEWORK_START);
        while (true) {
            long seen = catalogue.changes();
            boolean started = framework.getAsBoolean();
            try {
                return wiring.lookUp(file);
            } catch (MissingType e) {
                boolean wait = !asked.passed() || !started && !starting.passed();
                if (!wait || abandoned.getAsBoolean()) {
                    throw e;
                }
                catalogue.awaitChange(seen, LOOK_NANOS);
            }
        }
    }
}
