package dev.backplane.kernel.internal.vm;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Resumption.Cause;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.memory.RamBacking;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Where a machine's guest comes from: it boots, or it goes on from an earlier life. Called once each, in this order. */
interface Origin {
    /** A guest that boots what the VM file says. */
    Origin BOOT = new Origin() {
        @Override
        public RamBacking memory(RamBacking.Source source, String vm, long bytes) {
            return source.allocate(vm, bytes);
        }

        @Override
        public long nanos() {
            return 0;
        }

        @Override
        public OptionalLong tscHz() {
            return OptionalLong.empty();
        }

        @Override
        public void prepare(Assembly made, Wiring wiring, Map<String, Offer> offers) {}

        @Override
        public void load(Assembly made) throws ConfigurationException {
            made.load();
        }

        @Override
        public Cause cause() {
            return Cause.START;
        }

        @Override
        public void ended() {}
    };

    /**
     * The memory that it begins with.
     *
     * @throws ConfigurationException when it cannot be had
     */
    RamBacking memory(RamBacking.Source source, String vm, long bytes) throws ConfigurationException;

    /** The guest's time when it begins. */
    long nanos();

    /** The frequency of its time stamp counter, if it has one already. */
    OptionalLong tscHz();

    /**
     * Readies board and bays, which are vacant.
     *
     * @param offers where each bay's part comes from; gets those of bays that are added
     * @throws ConfigurationException when something does not fit
     */
    void prepare(Assembly made, Wiring wiring, Map<String, Offer> offers) throws ConfigurationException;

    /**
     * Readies the vCPUs. Every bay has a part, at rest.
     *
     * @throws ConfigurationException when the guest cannot be loaded
     */
    void load(Assembly made) throws ConfigurationException;

    /** What parts are told when they begin. */
    Cause cause();

    /** The folder that its memory still comes from, page by page, if any: a page that the host cannot read is nobody else's fault. Any thread. */
    default Optional<Path> readsFrom() {
        return Optional.empty();
    }

    /** The machine has ended, or was never started. May come twice. */
    void ended();
}
