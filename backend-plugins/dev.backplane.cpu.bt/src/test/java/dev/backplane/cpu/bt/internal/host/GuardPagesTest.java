package dev.backplane.cpu.bt.internal.host;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What lies around the memory that emitted code runs in and works on. */
class GuardPagesTest {
    private static final long BYTES = 1 << 16;

    @BeforeEach
    void onThisHost() {
        Assumptions.assumeTrue(HostProbe.obstacle().isEmpty(), HostProbe.obstacle());
    }

    private static String access(long address) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
            String[] words = line.split("[- ]", 4);
            if (Long.compareUnsigned(address, Long.parseUnsignedLong(words[0], 16)) >= 0
                    && Long.compareUnsigned(address, Long.parseUnsignedLong(words[1], 16)) < 0) {
                return line.split(" ", 3)[1];
            }
        }
        return "";
    }

    private static void guarded(String access, long first, long bytes) throws IOException {
        assertEquals("---p", access(first - 1));
        assertEquals(access, access(first));
        assertEquals(access, access(first + bytes - 1));
        assertEquals("---p", access(first + bytes));
    }

    @Test
    void codeIsWritableInOnePlaceExecutableInAnotherAndGuardedInBoth() throws IOException {
        try (var code = new CodeMemory(BYTES)) {
            guarded("rw-s", code.segment().address(), BYTES);
            guarded("r-xs", code.address(0), BYTES);
        }
    }

    @Test
    void stateIsGuarded() throws IOException {
        MemorySegment state = StateMemory.map(BYTES);
        guarded("rw-p", state.address(), state.byteSize());
    }
}
