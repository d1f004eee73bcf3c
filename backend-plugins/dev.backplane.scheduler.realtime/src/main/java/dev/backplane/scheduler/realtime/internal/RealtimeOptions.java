package dev.backplane.scheduler.realtime.internal;

import dev.backplane.api.part.Live;
import dev.backplane.api.part.Option;
import java.time.Duration;
import java.util.List;

/** What each vCPU of a machine is to have. */
public record RealtimeOptions(
        @Live @Option(value = "How often a vCPU gets its budget.", byDefault = "20ms")
        Duration period,

        @Live @Option(value = "The processor time that a vCPU may use in each period.", byDefault = "5ms")
        Duration budget,

        @Option(value = "Processors on which it may run, such as [0-3, 6]; none are all.", byDefault = "[]")
        List<String> affinity) {}
