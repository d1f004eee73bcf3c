package dev.backplane.scheduler.credit.internal;

import dev.backplane.api.part.Live;
import dev.backplane.api.part.Option;
import java.util.List;

/** What a machine is to get, in the terms of Xen's credit scheduler. */
public record CreditOptions(
        @Live
        @Option(
                value = "Its share of the credits. A machine with twice the weight of another gets twice as much.",
                byDefault = "256",
                min = 1,
                max = 65_535)
        int weight,

        @Live
        @Option(
                value =
                        "The most that all its vCPUs together get, in per cent of one processor, also where processors are idle; 0 is no cap.",
                byDefault = "0",
                max = 100_000,
                unit = Option.Unit.PERCENT)
        int cap,

        @Option(value = "Processors on which it may run, such as [0-3, 6]; none are all.", byDefault = "[]")
        List<String> affinity) {}
