package dev.backplane.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.IdentifiedStorage;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.StorageRef;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

/**
 * What every filter before a disk promises, beyond what a layer does: the disk is the one below, whatever the filter does on the way. Extend it
 * in a filter's own tests, with options that let a thousand requests through in a moment.
 *
 * @param <O> the filter's options
 * @param <S> its state
 */
public abstract class FilterContract<O extends Record, S extends Record> extends StorageContract<O, S> {
    private static final StorageRef BELOW = new StorageRef("below");

    /**
     * The options to test with.
     *
     * @param on what the filter stands on
     * @return options that the opener takes
     */
    protected abstract O options(StorageRef on);

    @Override
    protected final O options(TestMachine machine) {
        return options(BELOW);
    }

    /** A disk that remembers what it was asked. */
    private static final class Recorder implements ResizableStorage, MappedStorage, IdentifiedStorage {
        private final MemoryStorage disk = new MemoryStorage();
        private final List<String> asked = new CopyOnWriteArrayList<>();

        @Override
        public long capacityBytes() {
            return disk.capacityBytes();
        }

        @Override
        public boolean isWritable() {
            return disk.isWritable();
        }

        @Override
        public void read(long offset, MemorySegment target) throws StorageException {
            asked.add("read %d %d".formatted(offset, target.byteSize()));
            disk.read(offset, target);
        }

        @Override
        public void write(long offset, MemorySegment source) throws StorageException {
            asked.add("write %d %d".formatted(offset, source.byteSize()));
            disk.write(offset, source);
        }

        @Override
        public void flush() throws StorageException {
            asked.add("flush");
            disk.flush();
        }

        @Override
        public void discard(long offset, long bytes) throws StorageException {
            asked.add("discard %d %d".formatted(offset, bytes));
            disk.discard(offset, bytes);
        }

        @Override
        public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
            asked.add("zero %d %d %s".formatted(offset, bytes, mayDiscard));
            disk.zero(offset, bytes, mayDiscard);
        }

        @Override
        public void resize(long capacityBytes) {
            asked.add("resize " + capacityBytes);
            disk.resize(capacityBytes);
        }

        @Override
        public Optional<String> contentId() {
            return Optional.of("0123abcd");
        }

        @Override
        public Extent extent(long offset, long bytes) throws StorageException {
            StorageException.checkRange(offset, bytes, capacityBytes());
            long length = Math.min(bytes, 4096 - offset % 4096);
            return new Extent(offset, length, offset / 4096 % 2 == 0 ? Extent.Kind.DATA : Extent.Kind.ZERO);
        }
    }

    private StorageBench<O, S> plug(Recorder below) {
        TestMachine machine = new TestMachine();
        machine.plug(BELOW, below);
        return StorageBench.plug(opener(), options(BELOW), machine);
    }

    @Test
    final void everyKindOfRequestReachesTheDiskAsItIs() throws Exception {
        Recorder below = new Recorder();
        try (StorageBench<O, S> bench = plug(below)) {
            StorageLayer<S> layer = bench.layer();
            layer.write(512, MemorySegment.ofArray(new byte[1024]));
            layer.flush();
            layer.discard(4096, 8192);
            layer.zero(8192, 512, true);
            layer.zero(8704, 512, false);
            ((ResizableStorage) layer).resize(2 << 20);
            assertEquals(
                    List.of(
                            "write 512 1024",
                            "flush",
                            "discard 4096 8192",
                            "zero 8192 512 true",
                            "zero 8704 512 false",
                            "resize 2097152"),
                    below.asked);
            assertEquals(2 << 20, layer.capacityBytes());
            assertEquals(new Extent(100, 3996, Extent.Kind.DATA), ((MappedStorage) layer).extent(100, 10_000));
            assertEquals(new Extent(4096, 10, Extent.Kind.ZERO), ((MappedStorage) layer).extent(4096, 10));
            assertEquals(Optional.of("0123abcd"), IdentifiedStorage.contentId(layer));
            assertTrue(layer.isWritable());
            below.disk.writable(false);
            assertEquals(false, layer.isWritable());
        }
    }

    private interface Request {
        void make(StorageLayer<?> layer) throws StorageException;
    }

    @Test
    final void errorsArePassedOnAsTheyAreAndTheNextRequestIsMade() throws Exception {
        Recorder below = new Recorder();
        MemorySegment sector = MemorySegment.ofArray(new byte[512]);
        List<Request> requests = List.of(
                layer -> layer.read(0, sector),
                layer -> layer.write(0, sector),
                StorageLayer::flush,
                layer -> layer.discard(0, 512),
                layer -> layer.zero(0, 512, false));
        try (StorageBench<O, S> bench = plug(below)) {
            for (StorageException.Kind kind : StorageException.Kind.values()) {
                for (Request request : requests) {
                    below.disk.fail(kind);
                    var failed = assertThrows(StorageException.class, () -> request.make(bench.layer()));
                    assertEquals(kind, failed.kind());
                    below.disk.fail(null);
                    request.make(bench.layer());
                }
            }
        }
    }

    @Test
    final void requestsInFlightAreAllAnswered() throws Exception {
        Recorder below = new Recorder();
        int count = 8;
        CountDownLatch arrived = new CountDownLatch(count);
        below.disk.hold(arrived);
        try (StorageBench<O, S> bench = plug(below)) {
            FutureTask<?>[] tasks = new FutureTask<?>[count];
            for (int i = 0; i < count; i++) {
                byte[] bytes = {(byte) (i + 1)};
                long offset = i;
                tasks[i] = new FutureTask<>(() -> {
                    bench.layer().write(offset, MemorySegment.ofArray(bytes));
                    return null;
                });
                Thread.ofPlatform().daemon().start(tasks[i]);
            }
            arrived.await();
            below.disk.hold(null);
            for (FutureTask<?> task : tasks) {
                task.get();
            }
            bench.swap();
            MemorySegment all = MemorySegment.ofArray(new byte[count]);
            bench.layer().read(0, all);
            assertArrayEquals(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}, all.toArray(ValueLayout.JAVA_BYTE));
        }
    }
}
