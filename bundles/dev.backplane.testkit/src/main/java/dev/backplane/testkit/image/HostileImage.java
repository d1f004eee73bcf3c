package dev.backplane.testkit.image;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckableFormat;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Random;

/** Opens and uses images that were damaged on purpose: an error is all that may come of it. */
public final class HostileImage {
    private static final int TOUCHES = 20;
    private static final int PIECE = 5000;
    /** What opening and a few requests may allocate beside the image itself. */
    private static final long MOST_ALLOCATED = 64 << 20;

    private HostileImage() {}

    /**
     * Opens an image, reads and writes here and there, flushes, and has it checked and repaired where the format can.
     *
     * @param <O> the layer's options
     * @param <S> its state
     * @param opener the format
     * @param options with which it is opened
     * @param on what the options refer to
     * @param image the bytes there
     * @param random decides where
     * @throws AssertionError when it allocates without bounds, or the image grows so
     */
    public static <O extends Record, S extends Record> void use(
            StorageOpener<O, S> opener, O options, StorageRef on, byte[] image, Random random) {
        TestMachine machine = new TestMachine();
        Bounded file = new Bounded(image);
        machine.plug(on, file);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        try (var bench = StorageBench.make(opener, options, machine)) {
            bench.resume(Resumption.STARTED);
            for (int i = 0; i < TOUCHES; i++) {
                touch(bench.layer(), random);
            }
        } catch (StorageException | ConfigurationException e) {
            // An error is what it should be.
        } catch (IllegalStateException e) {
            assertTrue(e.getMessage().contains("cannot be written"), e::toString);
        }
        check(opener, options, machine);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before - file.allocated;
        assertTrue(allocated < MOST_ALLOCATED, () -> allocated + " bytes were allocated");
    }

    private static <O extends Record> void check(Object opener, O options, TestMachine machine) {
        if (opener instanceof CheckableFormat<?>) {
            @SuppressWarnings("unchecked")
            CheckableFormat<O> format = (CheckableFormat<O>) opener;
            for (CheckMode mode : CheckMode.values()) {
                try {
                    format.check(options, StorageBench.context(machine), mode);
                } catch (StorageException | ConfigurationException e) {
                    // An error is what it should be.
                }
            }
        }
    }

    private static void touch(Storage disk, Random random) {
        long capacity = disk.capacityBytes();
        int length = (int) Math.min(PIECE, capacity);
        long offset = (random.nextBoolean()
                ? random.nextLong(capacity - length + 1)
                : random.nextInt(1 << 20) % (capacity - length + 1));
        try {
            if (disk instanceof MappedStorage mapped && length > 0) {
                mapped.extent(offset, length);
            }
            disk.read(offset, MemorySegment.ofArray(new byte[length]));
            disk.write(offset, MemorySegment.ofArray(new byte[length]));
            disk.discard(offset, length);
            disk.zero(offset, length, true);
            disk.flush();
        } catch (StorageException e) {
            // An error is what it should be.
        }
    }

    /** A file on a host with little space. */
    private static final class Bounded implements ResizableStorage {
        private static final int MOST = 48 << 20;

        private byte[] bytes;
        private long allocated;

        Bounded(byte[] image) {
            bytes = image.clone();
        }

        @Override
        public long capacityBytes() {
            return bytes.length;
        }

        @Override
        public boolean isWritable() {
            return true;
        }

        @Override
        public void resize(long capacityBytes) throws StorageException {
            if (capacityBytes < 0 || capacityBytes > MOST) {
                throw new StorageException(Kind.NO_SPACE, "no space for " + capacityBytes);
            }
            allocated += capacityBytes;
            bytes = Arrays.copyOf(bytes, (int) capacityBytes);
        }

        private MemorySegment at(long offset, long length) throws StorageException {
            StorageException.checkRange(offset, length, bytes.length);
            return MemorySegment.ofArray(bytes).asSlice(offset, length);
        }

        @Override
        public void read(long offset, MemorySegment target) throws StorageException {
            target.copyFrom(at(offset, target.byteSize()));
        }

        @Override
        public void write(long offset, MemorySegment source) throws StorageException {
            at(offset, source.byteSize()).copyFrom(source);
        }

        @Override
        public void flush() {}

        @Override
        public void discard(long offset, long length) throws StorageException {
            at(offset, length);
        }

        @Override
        public void zero(long offset, long length, boolean mayDiscard) throws StorageException {
            at(offset, length).fill((byte) 0);
        }
    }
}
