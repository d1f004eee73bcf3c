package dev.backplane.cpu.bt.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.CpuBackend;
import dev.backplane.api.cpu.CpuProbe;
import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.PartitionContext;
import dev.backplane.api.cpu.PartitionState;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import dev.backplane.cpu.bt.internal.host.HostProbe;
import dev.backplane.cpu.bt.internal.run.BlockWatch;
import dev.backplane.testkit.guest.GuestBench;
import dev.backplane.testkit.guest.GuestCatalogue;
import dev.backplane.testkit.guest.SmallGuest;
import dev.backplane.x86.vcpu.Execution;
import dev.backplane.x86.vcpu.SoftPartitions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** A machine whose translator fails ends with a report, while others run. */
class FailingTranslatorTest {
    private static final BtOptions OPTIONS = new BtOptions(true, false);

    /** As the real one, but every block is refused. */
    private static final class Failing implements CpuBackend<BtOptions> {
        private final SoftPartitions partitions = new SoftPartitions("bt", 16);
        private final Execution.Maker maker = (cpu, interpreter, decoders) -> new BtExecution(
                cpu,
                interpreter,
                decoders,
                new BlockWatch(
                        (code, size, base) -> {
                            throw new IllegalStateException("injected");
                        },
                        null));

        @Override
        public CpuProbe probe() {
            return new CpuProbe(1, true, "");
        }

        @Override
        public Partition create(BtOptions options, PartitionContext context) throws ConfigurationException {
            return partitions.create(context, maker);
        }

        @Override
        public Partition restore(BtOptions options, PartitionContext context, PartitionState state)
                throws StateException, ConfigurationException {
            return partitions.restore(context, state, maker);
        }
    }

    @Test
    void machineEndsWithAReportAndOthersGoOn() {
        Assumptions.assumeTrue(HostProbe.obstacle().isEmpty(), HostProbe.obstacle());
        List<SmallGuest> guests = GuestCatalogue.all();
        CompletableFuture<Void> others = CompletableFuture.runAsync(
                () -> guests.forEach(guest -> assertEquals("", failure(new BtBackend(), guest), guest.toString())));
        // Not every one of them has a block that is translated.
        String report = guests.stream()
                .map(guest -> failure(new Failing(), guest))
                .filter(text -> !text.isEmpty())
                .findFirst()
                .orElse("none has failed");
        assertTrue(report.contains("the translator failed: injected"), report);
        assertTrue(report.contains("guest code at "), report);
        assertTrue(report.contains("emitted code at "), report);
        assertTrue(report.contains("rip"), report);
        others.join();
    }

    private static String failure(CpuBackend<BtOptions> backend, SmallGuest guest) {
        try {
            GuestBench.check(backend, OPTIONS, guest);
            return "";
        } catch (AssertionError | ConfigurationException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
