package dev.backplane.cpu.kvm.internal;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What one vCPU has done. Written by its thread alone; other threads see figures that may be a moment old. */
final class Counters {
    long portReads;
    long portWrites;
    long memoryReads;
    long memoryWrites;
    long kicks;
    long parked;
    long interrupts;
    long windows;
    long ends;
    long msrs;

    /** The figures of all vCPUs together, by name. */
    static Map<String, Long> sum(List<Counters> vcpus) {
        Map<String, Long> figures = new LinkedHashMap<>();
        for (Counters counters : vcpus) {
            add(figures, "exits.port-read", counters.portReads);
            add(figures, "exits.port-write", counters.portWrites);
            add(figures, "exits.memory-read", counters.memoryReads);
            add(figures, "exits.memory-write", counters.memoryWrites);
            add(figures, "exits.kick", counters.kicks);
            add(figures, "exits.parked", counters.parked);
            add(figures, "exits.interrupt-window", counters.windows);
            add(figures, "exits.end-of-interrupt", counters.ends);
            add(figures, "exits.msr", counters.msrs);
            add(figures, "interrupts.8259", counters.interrupts);
        }
        return figures;
    }

    private static void add(Map<String, Long> figures, String name, long value) {
        figures.merge(name, value, Long::sum);
    }
}
