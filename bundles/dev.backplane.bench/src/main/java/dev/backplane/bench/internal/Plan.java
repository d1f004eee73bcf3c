package dev.backplane.bench.internal;

import java.util.Set;

/**
 * What is to be measured, and how often.
 *
 * @param workloads in their order
 * @param runs how often everything is done
 * @param passes how often each kernel is measured in a run
 * @param clock which time counts
 */
record Plan(Set<Workload> workloads, int runs, int passes, Span.Clock clock) {}
