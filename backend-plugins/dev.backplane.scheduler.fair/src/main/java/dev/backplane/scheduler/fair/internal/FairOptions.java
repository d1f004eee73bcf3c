package dev.backplane.scheduler.fair.internal;

import dev.backplane.api.part.Live;
import dev.backplane.api.part.Option;
import java.time.Duration;
import java.util.List;

/** What a machine is to get. */
public record FairOptions(
        @Live
        @Option(
                value =
                        "Its share of the processors against that of other machines, where not all can have what they want.",
                byDefault = "100",
                min = 1,
                max = 10_000)
        int weight,

        @Live
        @Option(
                value =
                        "The most that all its vCPUs together get, in per cent of one processor; 0 is no cap. 150% is one processor and a half.",
                byDefault = "0",
                max = 100_000,
                unit = Option.Unit.PERCENT)
        int cap,

        @Live
        @Option(value = "How long a vCPU runs before another one that waits gets its processor.", byDefault = "10ms")
        Duration slice,

        @Option(value = "Processors on which it may run, such as [0-3, 6]; none are all.", byDefault = "[]")
        List<String> affinity) {}
