package dev.backplane.kernel.internal.fake;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Option;
import dev.backplane.api.state.StateVersion;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageFormat;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.StorageProtocol;
import dev.backplane.api.storage.StorageRef;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Layers of disks for tests: a protocol over memory that outlives it, and a format that passes everything on. */
public final class Platter {
    /** The options of the protocol. */
    public record MemoryOptions(
            @Option(value = "Its length.", byDefault = "4096")
            int length) {}

    /** The options of the format. */
    public record PlainOptions(
            @Option("The layer below.") StorageRef on,
            @Option("A base.") Optional<StorageRef> base) {}

    /** The state of both. */
    @StateVersion(schema = "platter", writes = 1, reads = 1)
    public record State(long lives) {}

    /** What happens to be on the platter. */
    public final MemorySegment bytes = Arena.ofAuto().allocate(4096, 8);

    /** What happened, in order. */
    public final List<String> log = new CopyOnWriteArrayList<>();

    /** Called in each read and write of the protocol with the memory of the request; may hang or throw. */
    public volatile @Nullable Consumer<MemorySegment> hook;

    /** Called when the format is to come to rest, which then writes what it has held back; null: it has nothing. */
    public volatile @Nullable Runnable resting;

    /** Called in each write of the format; may throw. */
    public volatile @Nullable Runnable writing;

    /** The protocol. */
    public final class Memory implements StorageProtocol<MemoryOptions, State> {
        @Override
        public StorageLayer<State> open(MemoryOptions options, StorageContext context) {
            log.add("open");
            return new Layer(null, 1);
        }

        @Override
        public StorageLayer<State> restore(MemoryOptions options, StorageContext context, State state) {
            log.add("restore");
            return new Layer(null, state.lives() + 1);
        }
    }

    /** The format. */
    public final class Plain implements StorageFormat<PlainOptions, State> {
        @Override
        public StorageLayer<State> open(PlainOptions options, StorageContext context) throws StorageException {
            Storage below = context.storage(options.on());
            // As a format reads its header.
            below.read(0, MemorySegment.ofArray(new byte[8]));
            return new Layer(below, 1);
        }

        @Override
        public StorageLayer<State> restore(PlainOptions options, StorageContext context, State state) {
            return new Layer(context.storage(options.on()), state.lives() + 1);
        }
    }

    /** A format that cannot wait: it writes when it is restored. */
    public final class Eager implements StorageFormat<PlainOptions, State> {
        @Override
        public StorageLayer<State> open(PlainOptions options, StorageContext context) {
            return new Layer(context.storage(options.on()), 1);
        }

        @Override
        public StorageLayer<State> restore(PlainOptions options, StorageContext context, State state)
                throws StorageException {
            Storage below = context.storage(options.on());
            below.write(0, MemorySegment.ofArray(new byte[8]));
            return new Layer(below, state.lives() + 1);
        }
    }

    private final class Layer implements StorageLayer<State>, Inert<State> {
        private final @Nullable Storage below;
        private final long lives;

        Layer(@Nullable Storage below, long lives) {
            this.below = below;
            this.lives = lives;
        }

        @Override
        public long capacityBytes() {
            return below == null ? bytes.byteSize() : below.capacityBytes();
        }

        @Override
        public boolean isWritable() {
            return true;
        }

        @Override
        public void read(long offset, MemorySegment target) throws StorageException {
            if (below != null) {
                below.read(offset, target);
                return;
            }
            meet(target);
            MemorySegment.copy(bytes, offset, target, 0, target.byteSize());
        }

        @Override
        public void write(long offset, MemorySegment source) throws StorageException {
            Runnable before = writing;
            if (below != null) {
                if (before != null) {
                    before.run();
                }
                below.write(offset, source);
                return;
            }
            meet(source);
            MemorySegment.copy(source, 0, bytes, offset, source.byteSize());
        }

        private void meet(MemorySegment memory) {
            Consumer<MemorySegment> met = hook;
            if (met != null) {
                met.accept(memory);
            }
        }

        @Override
        public void flush() {
            log.add("flush");
        }

        @Override
        public void discard(long offset, long length) {}

        @Override
        public void zero(long offset, long length, boolean mayDiscard) {}

        @Override
        public void quiesce(Deadline deadline) {
            Runnable before = resting;
            if (below == null || before == null) {
                return;
            }
            before.run();
            try {
                below.write(1024, MemorySegment.ofArray(new byte[8]));
            } catch (StorageException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public State save() {
            return new State(lives);
        }
    }
}
