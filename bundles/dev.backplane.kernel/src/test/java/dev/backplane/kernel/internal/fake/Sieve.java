package dev.backplane.kernel.internal.fake;

import dev.backplane.api.part.Option;
import dev.backplane.api.state.StateVersion;
import dev.backplane.api.storage.FilterLayer;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageFilter;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.StorageRef;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;

/** A filter for tests that holds writes back for as long as it is told to. */
public final class Sieve implements StorageFilter<Sieve.Options, Sieve.State> {
    /** Its options. */
    public record Options(
            @Option("The disk.") StorageRef on,
            @Option(value = "A number.", byDefault = "0") int mesh) {}

    /** Its state. */
    @StateVersion(schema = "sieve", writes = 1, reads = 1)
    public record State(int mesh) {}

    /** Whether writes are held back. */
    public volatile boolean closed;

    /** Writes that are held back at the moment. */
    public final AtomicInteger held = new AtomicInteger();

    /** Writes that went through, of all sieves together. */
    public final AtomicInteger passed = new AtomicInteger();

    @Override
    public StorageLayer<State> open(Options options, StorageContext context) {
        return new Layer(options, context);
    }

    @Override
    public StorageLayer<State> restore(Options options, StorageContext context, State state) {
        return new Layer(options, context);
    }

    private final class Layer extends FilterLayer<State> {
        private final Options options;
        private final StorageContext context;

        Layer(Options options, StorageContext context) {
            super(context.storage(options.on()));
            this.options = options;
            this.context = context;
        }

        @Override
        public void write(long offset, MemorySegment source) throws StorageException {
            held.incrementAndGet();
            try {
                while (closed) {
                    context.handBackAtRest();
                    Thread.sleep(10);
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            } finally {
                held.decrementAndGet();
            }
            super.write(offset, source);
            passed.incrementAndGet();
        }

        @Override
        public State save() {
            return new State(options.mesh());
        }
    }
}
