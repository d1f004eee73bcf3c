package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.machine.BootSource;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.internal.fake.FakeMachine;
import dev.backplane.machine.pc.internal.fake.FakeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Loads kernels into a machine of 4 MiB, again and again. */
final class TestBoot {
    static final long RSDP = 0xe_0000;

    final FakeMachine machine;
    String cmdline = "console=ttyS0";
    Optional<Path> initrd = Optional.empty();
    final List<BootSource.Module> modules = new ArrayList<>();

    TestBoot() throws ConfigurationException {
        this(4 << 20);
    }

    TestBoot(long memoryBytes) throws ConfigurationException {
        machine = new FakeMachine(memoryBytes);
    }

    FakeMemory memory() {
        return machine.memory();
    }

    VcpuState load(byte[] kernel) throws ConfigurationException {
        BootSource source = new BootSource(Path.of("kernel"), initrd, cmdline, modules);
        try (Arena arena = Arena.ofConfined()) {
            return Loaders.load(
                    new KernelFile("test", MemorySegment.ofArray(kernel)),
                    new BootRequest(source, new BootMemory(memory()), machine.ram(), RSDP, arena));
        }
    }

    /** What a loader wrote as text, up to its zero. */
    String text(long gpa) {
        StringBuilder text = new StringBuilder();
        for (byte b = memory().bytes(gpa, 1)[0]; b != 0; b = memory().bytes(gpa, 1)[0]) {
            text.append((char) b);
            gpa++;
        }
        return text.toString();
    }
}
