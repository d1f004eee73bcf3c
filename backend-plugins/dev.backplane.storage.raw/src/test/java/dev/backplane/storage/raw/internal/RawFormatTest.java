package dev.backplane.storage.raw.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.StorageContract;
import dev.backplane.testkit.TestMachine;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RawFormatTest extends StorageContract<RawOptions, RawState> {
    private static final StorageRef BELOW = new StorageRef("below");

    @Override
    protected StorageOpener<RawOptions, RawState> opener() {
        return new RawFormat();
    }

    @Override
    protected RawOptions options(TestMachine machine) {
        return new RawOptions(BELOW, 4096, Optional.of(512L << 10));
    }

    private static RawOptions options(long offset, Optional<Long> size) {
        return new RawOptions(BELOW, offset, size);
    }

    @Test
    void aLastSectorOfWhichOnlyAPartIsThereEndsWithZerosAndIsCompletedByAWrite() throws Exception {
        TestMachine machine = new TestMachine();
        machine.storage(BELOW).resize(10_000);
        machine.storage(BELOW).bytes().fill((byte) 7);
        try (var bench = StorageBench.plug(new RawFormat(), options(0, Optional.empty()), machine)) {
            assertEquals(10_240, bench.layer().capacityBytes());
            byte[] last = new byte[512];
            bench.layer().read(9728, MemorySegment.ofArray(last));
            for (int i = 0; i < 512; i++) {
                assertEquals(9728 + i < 10_000 ? 7 : 0, last[i], "byte " + i);
            }
            bench.layer().discard(9728, 512);
            bench.layer().zero(9216, 1024, true);
            bench.layer().write(10_239, MemorySegment.ofArray(new byte[] {5}));
        }
        assertEquals(10_240, machine.storage(BELOW).capacityBytes());
        assertEquals(5, machine.storage(BELOW).bytes().get(ValueLayout.JAVA_BYTE, 10_239));
        assertEquals(0, machine.storage(BELOW).bytes().get(ValueLayout.JAVA_BYTE, 10_000));
    }

    @Test
    void itGrowsAndShrinksWithTheLayerBelowUnlessItHasASizeOfItsOwn() throws Exception {
        TestMachine machine = new TestMachine();
        machine.storage(BELOW).resize(10_000);
        try (var bench = StorageBench.plug(new RawFormat(), options(4096, Optional.empty()), machine)) {
            ((ResizableStorage) bench.layer()).resize(20_480);
            assertEquals(20_480, bench.layer().capacityBytes());
            assertEquals(24_576, machine.storage(BELOW).capacityBytes());
        }
        try (var bench = StorageBench.plug(new RawFormat(), options(4096, Optional.of(512L)), machine)) {
            var refused = assertThrows(StorageException.class, () -> ((ResizableStorage) bench.layer()).resize(1024));
            assertEquals(StorageException.Kind.UNSUPPORTED, refused.kind());
        }
    }

    @Test
    void aStretchBeginsAtItsOffset() throws Exception {
        TestMachine machine = new TestMachine();
        try (var bench = StorageBench.plug(new RawFormat(), options(1000, Optional.of(1024L)), machine)) {
            bench.layer().write(1, MemorySegment.ofArray(new byte[] {5}));
            bench.layer().flush();
        }
        assertEquals(5, machine.storage(BELOW).bytes().get(ValueLayout.JAVA_BYTE, 1001));
        assertEquals(1, machine.storage(BELOW).flushes());
    }

    @Test
    void stretchesThatAreNotThereAreRefused() {
        for (RawOptions wrong : new RawOptions[] {
            options(2 << 20, Optional.empty()), options(0, Optional.of(2L << 20)), options(0, Optional.of(513L))
        }) {
            assertThrows(
                    ConfigurationException.class, () -> StorageBench.make(new RawFormat(), wrong, new TestMachine()));
        }
    }
}
