package dev.backplane.protocol.file.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.StorageContract;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.Qemu;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/** A layer like any other, past the host's cache, where the folder's file system has such a way. */
class DirectTest extends StorageContract<FileOptions, FileState> {
    private static final int BYTES = 1 << 20;

    @TempDir
    Path folder = Path.of("");

    @BeforeEach
    void require() throws Exception {
        Path probe = Files.write(folder.resolve("probe"), new byte[4096]);
        try {
            StorageBench.make(new FileProtocol(), new FileOptions(probe, true, true), new TestMachine())
                    .close();
        } catch (ConfigurationException e) {
            throw new TestAbortedException(e.getMessage());
        }
    }

    @Override
    protected StorageOpener<FileOptions, FileState> opener() {
        return new FileProtocol();
    }

    @Override
    protected FileOptions options(TestMachine machine) throws Exception {
        Path path = Files.createTempFile(folder, "disk", ".img");
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
            // The last block is cut short.
            file.write(ByteBuffer.allocate(BYTES + 1000));
            file.force(true);
        }
        return new FileOptions(path, false, true);
    }

    /** How much of a file the host keeps in its cache, as util-linux says. */
    private static long cached(Path path) throws Exception {
        try {
            return Long.parseLong(Qemu.must("fincore", "--bytes", "--noheadings", "--output", "RES", path)
                    .strip());
        } catch (IOException e) {
            throw new TestAbortedException("no fincore here (Debian: util-linux)");
        }
    }

    @Test
    void wholeBlocksLeaveNothingInTheHostsCache() throws Exception {
        for (boolean direct : new boolean[] {true, false}) {
            FileOptions options = new FileOptions(options(new TestMachine()).path(), false, direct);
            Qemu.must("dd", "of=" + options.path(), "oflag=nocache", "conv=notrunc,fdatasync", "count=0");
            assertEquals(0, cached(options.path()), "it begins with an empty cache");
            byte[] bytes = new byte[BYTES];
            new Random(1).nextBytes(bytes);
            try (var bench = StorageBench.plug(new FileProtocol(), options, new TestMachine());
                    Arena arena = Arena.ofConfined()) {
                MemorySegment memory = arena.allocate(BYTES, 4096);
                memory.copyFrom(MemorySegment.ofArray(bytes));
                bench.layer().write(0, memory);
                bench.layer().write(8192, MemorySegment.ofArray(new byte[4096]));
                bench.layer().flush();
                bench.swap();
                memory.fill((byte) 0);
                bench.layer().read(0, memory);
                MemorySegment.copy(MemorySegment.ofArray(new byte[4096]), 0, MemorySegment.ofArray(bytes), 8192, 4096);
                assertEquals(-1, memory.mismatch(MemorySegment.ofArray(bytes)));
                assertEquals(direct, cached(options.path()) == 0);
                bench.layer().write(BYTES + 500, MemorySegment.ofArray(new byte[] {1}));
                assertTrue(cached(options.path()) > 0, "a part of a block goes through the cache");
            }
        }
    }
}
