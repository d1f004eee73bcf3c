package dev.backplane.cpu.bt.internal.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.backplane.api.cpu.CpuProbe;
import dev.backplane.cpu.bt.internal.BtBackend;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HostProbeTest {
    @Test
    void thisHostRunsTranslatedCodeAndAutoMayTakeIt() {
        assertEquals(new CpuProbe(50, true, "binary translation to the host's machine code"), new BtBackend().probe());
    }

    @Test
    void whereMemoryFilesMayNotBeExecutedTheReasonIsTold() throws Exception {
        var found = new AtomicReference<@Nullable CpuProbe>();
        var failure = new AtomicReference<@Nullable Throwable>();
        // A filter stays for the life of its thread.
        Thread thread = new Thread(() -> {
            try {
                RefusedMemory.begin();
                found.set(new BtBackend().probe());
            } catch (Throwable e) {
                failure.set(e);
            }
        });
        thread.start();
        thread.join();
        assertNull(failure.get());
        assertEquals(
                new CpuProbe(
                        50, false, "memory that may be executed: mmap of 4096 bytes with protection 5 was refused"),
                found.get());
    }
}
