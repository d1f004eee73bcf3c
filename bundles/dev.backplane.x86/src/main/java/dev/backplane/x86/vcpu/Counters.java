package dev.backplane.x86.vcpu;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What one vCPU has done. Written by its thread alone; other threads see figures that may be a moment old. */
final class Counters {
    long portReads;
    long portWrites;
    long memoryReads;
    long memoryWrites;
    long halts;
    long kicks;
    long parked;
    long interrupts;
    long timers;

    /** The figures of all vCPUs together, by name. */
    static Map<String, Long> sum(List<SoftVcpu> vcpus) {
        Map<String, Long> figures = new LinkedHashMap<>();
        for (SoftVcpu vcpu : vcpus) {
            Counters counters = vcpu.counters();
            add(figures, vcpu.execution().counts() ? "instructions" : "instructions.interpreted", vcpu.instructions());
            add(figures, "exits.port-read", counters.portReads);
            add(figures, "exits.port-write", counters.portWrites);
            add(figures, "exits.memory-read", counters.memoryReads);
            add(figures, "exits.memory-write", counters.memoryWrites);
            add(figures, "exits.halt", counters.halts);
            add(figures, "exits.kick", counters.kicks);
            add(figures, "exits.parked", counters.parked);
            add(figures, "interrupts", counters.interrupts);
            add(figures, "timer-expiries", counters.timers);
            vcpu.execution().statistics().forEach((name, value) -> add(figures, name, value));
        }
        return figures;
    }

    private static void add(Map<String, Long> figures, String name, long value) {
        figures.merge(name, value, Long::sum);
    }
}
