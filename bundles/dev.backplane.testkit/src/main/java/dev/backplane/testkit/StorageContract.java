package dev.backplane.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageOpener;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every layer of a disk promises. Extend it in a format's or protocol's own tests. The layer has to be writable, of at least 64 KiB.
 *
 * @param <O> the layer's options
 * @param <S> its state
 */
@Timeout(120)
public abstract class StorageContract<O extends Record, S extends Record> {
    private static final int CYCLES = 100;
    private static final int OPERATIONS = 1000;
    private static final int THREADS = 8;
    private static final int MOST_BYTES = 20_000;

    /**
     * The format or protocol under test.
     *
     * @return a new one or always the same: openers are stateless
     */
    protected abstract StorageOpener<O, S> opener();

    /**
     * The options to test with, for a new disk.
     *
     * @param machine has the disks that the options may refer to
     * @return options that the opener takes
     * @throws Exception when the disk cannot be made
     */
    protected abstract O options(TestMachine machine) throws Exception;

    private StorageBench<O, S> plug() throws Exception {
        TestMachine machine = new TestMachine();
        return StorageBench.plug(opener(), options(machine), machine);
    }

    private static Random random() {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        return new Random(seed);
    }

    /** Native memory, as a device's is. */
    private static MemorySegment memory(Arena arena, byte[] bytes) {
        MemorySegment segment = arena.allocate(Math.max(1, bytes.length)).asSlice(0, bytes.length);
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return segment;
    }

    @Test
    final void whatIsWrittenIsReadAlsoByASuccessor() throws Exception {
        Random random = random();
        try (StorageBench<O, S> bench = plug();
                Arena arena = Arena.ofConfined()) {
            int capacity = (int) Math.min(1 << 22, bench.layer().capacityBytes());
            byte[] model = new byte[capacity];
            MemorySegment all = memory(arena, model);
            bench.layer().read(0, all);
            MemorySegment.copy(all, ValueLayout.JAVA_BYTE, 0, model, 0, capacity);
            for (int i = 0; i < OPERATIONS; i++) {
                int offset = random.nextInt(capacity);
                int length = Math.min(random.nextInt(MOST_BYTES), capacity - offset);
                switch (random.nextInt(8)) {
                    case 0, 1, 2 -> {
                        byte[] bytes = new byte[length];
                        random.nextBytes(bytes);
                        bench.layer().write(offset, memory(arena, bytes));
                        System.arraycopy(bytes, 0, model, offset, length);
                    }
                    case 3 -> {
                        bench.layer().zero(offset, length, random.nextBoolean());
                        Arrays.fill(model, offset, offset + length, (byte) 0);
                    }
                    case 4 -> bench.layer().flush();
                    case 5 -> bench.swap();
                    default -> {
                        MemorySegment read = memory(arena, new byte[length]);
                        bench.layer().read(offset, read);
                        assertArrayEquals(
                                Arrays.copyOfRange(model, offset, offset + length),
                                read.toArray(ValueLayout.JAVA_BYTE),
                                "operation %d: %d bytes at %d".formatted(i, length, offset));
                    }
                }
            }
        }
    }

    @Test
    final void rangesThatAreNotWithinTheCapacityAreRefusedAndNothingHappens() throws Exception {
        try (StorageBench<O, S> bench = plug()) {
            Storage layer = bench.layer();
            long end = layer.capacityBytes();
            MemorySegment sector = MemorySegment.ofArray(new byte[512]);
            for (long offset : new long[] {end - 511, end, end + 512, -1, -512, Long.MAX_VALUE - 100, Long.MIN_VALUE}) {
                assertOutOfBounds(() -> layer.read(offset, sector));
                assertOutOfBounds(() -> layer.write(offset, sector));
                assertOutOfBounds(() -> layer.discard(offset, 512));
                assertOutOfBounds(() -> layer.zero(offset, 512, true));
            }
            assertOutOfBounds(() -> layer.zero(0, -1, false));
            assertOutOfBounds(() -> layer.discard(0, end + 1));
            layer.read(end, sector.asSlice(0, 0));
        }
    }

    private interface Request {
        void make() throws StorageException;
    }

    private static void assertOutOfBounds(Request request) {
        var refused = assertThrows(StorageException.class, request::make);
        assertEquals(StorageException.Kind.OUT_OF_BOUNDS, refused.kind(), refused.getMessage());
    }

    @Test
    final void requestsOfSeveralThreadsDoNotDisturbEachOther() throws Exception {
        Random random = random();
        try (StorageBench<O, S> bench = plug()) {
            int share = (int) Math.min(1 << 18, bench.layer().capacityBytes() / THREADS);
            FutureTask<?>[] tasks = new FutureTask<?>[THREADS];
            for (int i = 0; i < THREADS; i++) {
                int begin = i * share;
                long seed = random.nextLong();
                tasks[i] = new FutureTask<>(() -> exercise(bench.layer(), begin, share, new Random(seed)), null);
                Thread.ofPlatform().daemon().start(tasks[i]);
            }
            for (FutureTask<?> task : tasks) {
                task.get();
            }
        }
    }

    private static void exercise(Storage layer, int begin, int length, Random random) {
        byte[] model = new byte[length];
        try (Arena arena = Arena.ofConfined()) {
            layer.zero(begin, length, false);
            for (int i = 0; i < 200; i++) {
                int from = random.nextInt(length);
                byte[] bytes = new byte[random.nextInt(Math.min(5000, length - from) + 1)];
                random.nextBytes(bytes);
                layer.write(begin + from, memory(arena, bytes));
                System.arraycopy(bytes, 0, model, from, bytes.length);
                if (i % 20 == 0) {
                    MemorySegment all = memory(arena, new byte[length]);
                    layer.read(begin, all);
                    assertArrayEquals(model, all.toArray(ValueLayout.JAVA_BYTE));
                }
            }
        } catch (StorageException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    final void itsStateDeclaresItsVersionAndASuccessorSavesWhatItWasMadeFrom() throws Exception {
        try (StorageBench<O, S> bench = plug()) {
            bench.layer().write(4096, MemorySegment.ofArray(new byte[] {1, 2, 3}));
            S state = bench.swap();
            Promises.stateIsVersioned(state);
            assertEquals(PlainState.render(state), PlainState.render(bench.swap()));
        }
    }

    @Test
    final void aHundredLivesAndSwapsLeaveNothingBehind() throws Exception {
        TestMachine machine = new TestMachine();
        O options = options(machine);
        for (int i = 0; i < CYCLES; i++) {
            StorageBench<O, S> bench = StorageBench.plug(opener(), options, machine);
            bench.layer().write(i * 512L, MemorySegment.ofArray(new byte[] {(byte) i}));
            bench.swap();
            bench.close();
            assertTrue(bench.leftNothing(), "life " + i + " leaves something behind");
        }
    }
}
