package dev.backplane.scheduler.host.internal;

import dev.backplane.api.part.Live;
import dev.backplane.api.part.Option;
import java.util.List;

/** What the host's kernel is told of a machine. */
public record HostOptions(
        @Live
        @Option(
                value =
                        "Its weight in the host's own scheduling (cgroup v2, cpu.weight), where the process may set it; 100 is what everything else has.",
                byDefault = "100",
                min = 1,
                max = 10_000)
        int weight,

        @Option(value = "Processors on which it may run, such as [0-3, 6]; none are all.", byDefault = "[]")
        List<String> affinity) {}
