package dev.backplane.storage.raw.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.backplane.api.part.ConfigurationException;
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
    void aLengthThatIsNoMultipleOf512IsCutDown() throws Exception {
        TestMachine machine = new TestMachine();
        machine.storage(BELOW).resize(10_000);
        try (var bench = StorageBench.make(new RawFormat(), options(0, Optional.empty()), machine)) {
            assertEquals(9728, bench.layer().capacityBytes());
        }
        try (var bench = StorageBench.make(new RawFormat(), options(8000, Optional.empty()), machine)) {
            assertEquals(1536, bench.layer().capacityBytes());
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
