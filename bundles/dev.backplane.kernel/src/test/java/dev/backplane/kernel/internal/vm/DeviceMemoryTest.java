package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.pci.PciFunction;
import dev.backplane.api.machine.MachineContext;
import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.memory.RamRange;
import dev.backplane.api.part.Option;
import dev.backplane.api.state.StateVersion;
import dev.backplane.api.vm.CloneOptions;
import dev.backplane.api.vm.RestoreOptions;
import dev.backplane.api.vm.SnapshotOptions;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmSource;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.fake.Inert;
import dev.backplane.kernel.internal.fake.ScriptCpu;
import dev.backplane.kernel.internal.fake.TestHost;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Devices that bring memory along. */
@Timeout(120)
class DeviceMemoryTest {
    private static final String FILE = """
            name: web
            memory: 64KiB
            boot: {kernel: none}
            devices:
              - {type: stick, id: high, address: 0x400000}
              - {type: stick, id: low, address: 0x100000}
            """;

    private final TestHost host = new TestHost();
    private final Stick stick = new Stick();

    @TempDir
    Path folder;

    /** Memory and nothing else. */
    private static final class Stick implements DeviceFactory<Stick.Options, Stick.State> {
        private volatile @Nullable GuestMemory memory;

        record Options(
                @Option("Where.") long address,

                @Option(value = "How much.", byDefault = "0x4000")
                long length) {}

        @StateVersion(
                schema = "stick",
                writes = 1,
                reads = {1})
        record State(int nothing) {}

        @Override
        public Shape shape(Options options) {
            return Shape.empty().withPci(PciFunction.of(1, 2, 3).build()).withRam(options.address(), options.length());
        }

        @Override
        public Device<State> create(Options options, DeviceContext context) {
            memory = context.memory();
            return new Made();
        }

        @Override
        public Device<State> restore(Options options, DeviceContext context, State state) {
            return create(options, context);
        }

        private static final class Made implements Device<State>, Inert<State> {
            @Override
            public void reset(ResetKind kind) {}

            @Override
            public State save() {
                return new State(0);
            }
        }

        private GuestMemory memory() {
            return Objects.requireNonNull(memory);
        }
    }

    @AfterEach
    void close() {
        host.close();
    }

    private void offer(TestHost to) {
        to.offer(Kind.DEVICE, "stick", "1.0.0", stick);
        to.offer(Kind.CPU, "script", "1.0.0", new ScriptCpu((vcpu, rip, exits) -> {
            Thread.sleep(1);
            return null;
        }));
    }

    private Vm start(String file) throws Exception {
        offer(host);
        Vm vm = host.define(file);
        vm.start(Duration.ZERO);
        return vm;
    }

    private static long read(GuestMemory memory, long gpa) {
        try (var lease = memory.read(gpa, 8)) {
            return lease.segment().get(ValueLayout.JAVA_LONG, 0);
        }
    }

    private static void write(GuestMemory memory, long gpa, long value) {
        try (var lease = memory.write(gpa, 8)) {
            lease.segment().set(ValueLayout.JAVA_LONG, 0, value);
        }
    }

    @Test
    void itIsTheGuestsAndNotTheBoards() throws Exception {
        start(FILE);
        GuestMemory memory = stick.memory();
        assertEquals(0, read(memory, 0x403ff8));
        write(memory, 0x100000, 1);
        write(memory, 0x400000, 2);
        assertEquals(1, read(memory, 0x100000));
        assertEquals(2, read(memory, 0x400000));
        assertFalse(memory.contains(0x104000, 1));
        assertFalse(memory.contains(0x10000, 1));
        MachineContext board = Objects.requireNonNull(host.board.context);
        assertEquals(List.of(new RamRange(0, 64 << 10)), board.ram());
    }

    @Test
    void aSnapshotKeepsIt() throws Exception {
        Vm vm = start(FILE);
        write(stick.memory(), 0x402008, 42);
        vm.snapshot(folder.resolve("kept"), SnapshotOptions.PLAIN);
        vm.kill("test");
        try (TestHost other = new TestHost()) {
            offer(other);
            Vm restored = other.kernel.restore(folder.resolve("kept"), RestoreOptions.PLAIN);
            restored.start(Duration.ZERO);
            assertEquals(42, read(stick.memory(), 0x402008));
        }
    }

    @Test
    void aCloneHasItsOwn() throws Exception {
        Vm vm = start(FILE);
        GuestMemory memory = stick.memory();
        write(memory, 0x402008, 42);
        Vm clone = host.kernel
                .clone(vm.name(), CloneOptions.of(vm.name(), 1))
                .clones()
                .getFirst();
        write(memory, 0x402008, 43);
        clone.start(Duration.ZERO);
        assertEquals(42, read(stick.memory(), 0x402008));
        write(stick.memory(), 0x402008, 44);
        assertEquals(43, read(memory, 0x402008));
    }

    @Test
    void placesThatAreTakenOrNoPagesAreRefusedByName() throws Exception {
        offer(host);
        for (String[] bad : new String[][] {
            {"0x102000", "high: its memory, 0x4000 bytes at 0x102000"},
            {"0x8000", "high: its memory, 0x4000 bytes at 0x8000: overlaps other memory at 0x0-0xffff"},
            {"0x100800", "high: its memory, 0x4000 bytes at 0x100800: expected whole pages"},
            {"0x400000, length: 0", "high: its memory, 0x0 bytes at 0x400000: expected whole pages"},
        }) {
            Vm vm = host.define(FILE.replace("address: 0x400000", "address: " + bad[0]));
            String message = assertThrows(VmException.class, () -> vm.start(Duration.ZERO))
                    .getMessage();
            boolean told =
                    message.contains(bad[1]) || message.contains("low: its memory, 0x4000 bytes at 0x100000: overlaps");
            assertTrue(told, message);
            vm.remove();
        }
    }

    @Test
    void oneThatComesLaterIsRefused() throws Exception {
        Vm vm = start(FILE);
        VmSource device = new VmSource("", "{type: stick, id: more, address: 0x800000}", folder, Map.of());
        String message =
                assertThrows(VmException.class, () -> vm.addDevice(device)).getMessage();
        assertTrue(message.contains("more: a device with memory of its own cannot come later"), message);
        assertEquals(List.of(), host.board.slots);
    }
}
