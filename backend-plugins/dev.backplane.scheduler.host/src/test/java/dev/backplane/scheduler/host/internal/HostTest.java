package dev.backplane.scheduler.host.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.scheduler.SchedulerFactory;
import dev.backplane.testkit.SchedulerBench;
import dev.backplane.testkit.SchedulerContract;
import java.util.List;
import org.junit.jupiter.api.Test;

class HostTest extends SchedulerContract<HostOptions, HostState> {
    @Override
    protected SchedulerFactory<HostOptions, HostState> factory() {
        return new HostFactory();
    }

    @Override
    protected HostOptions options() {
        return new HostOptions(100, List.of());
    }

    @Test
    void itDecidesNothing() throws Exception {
        var bench = new SchedulerBench<>(new HostFactory(), 2, 1);
        var machine = bench.add(new HostOptions(100, List.of()), 1);
        assertFalse(machine.scheduler().schedules());
        assertEquals(HostScheduler.UNLIMITED, machine.scheduler().slice(0));
    }

    @Test
    void aStrangeProcessorIsRefused() {
        var bench = new SchedulerBench<>(new HostFactory(), 2, 1);
        assertThrows(ConfigurationException.class, () -> bench.add(new HostOptions(100, List.of("2")), 1));
    }
}
