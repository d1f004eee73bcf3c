package dev.backplane.image.luks;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.sun.management.ThreadMXBean;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageException;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Runs over its corpus in a normal build; {@code JAZZER_FUZZ=1} and {@code -Djazzer.hooks=true} in the test JVM look for more. */
class LuksFuzzTest {
    private static final int ROOM = 4 << 20;
    /** Key material of eight slots, and what Java needs for itself. */
    private static final long MOST_ALLOCATED = 32 << 20;
    /** What a header may ask for is legal up to minutes: only a short one is tried. */
    private static final long SHORT = 20_000;

    @FuzzTest(maxDuration = "60s")
    void aHeaderIsOpenedOrRefused(byte[] image) throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        ByteSource source = (offset, target) -> {
            target.fill((byte) 0);
            long there = Math.clamp(image.length - offset, 0L, target.byteSize());
            MemorySegment.copy(MemorySegment.ofArray(image), Math.min(offset, image.length), target, 0, there);
        };
        Path key = Files.writeString(Files.createTempFile("fuzz", ".key"), "open sesame");
        try {
            LuksHeader header = LuksHeader.read(source, ROOM);
            header.told();
            long iterations = header.slots().stream()
                    .filter(LuksSlot::enabled)
                    .mapToLong(each -> each.iterations() + header.digestIterations())
                    .sum();
            if (iterations < SHORT) {
                Luks.open(header, source, Optional.of(key), StorageBench.context(new TestMachine()))
                        .close();
            }
        } catch (StorageException | ConfigurationException e) {
            // An error is what it should be.
        } finally {
            Files.delete(key);
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(allocated < MOST_ALLOCATED, () -> allocated + " bytes were allocated");
    }
}
