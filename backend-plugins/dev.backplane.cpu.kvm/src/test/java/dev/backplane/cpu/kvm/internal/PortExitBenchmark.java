package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.cpu.CpuBackend;
import dev.backplane.api.cpu.CpuException;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.cpu.soft.internal.SoftBackend;
import dev.backplane.cpu.soft.internal.SoftOptions;
import dev.backplane.testkit.cpu.CpuBench;
import dev.backplane.testkit.cpu.StartStates;

/** How many exits a second a vCPU makes: port writes and memory writes, on KVM and on the interpreter. No test. */
public final class PortExitBenchmark {
    private static final int EXITS = 50_000;

    private PortExitBenchmark() {}

    /** Arguments: how many rounds, the last of which count; 5 without one. */
    public static void main(String[] arguments) throws Exception {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
        System.out.println("KVM class " + KvmHost.any().finding());
        if (KvmHost.any().finding().hostClass().usable()) {
            measure("kvm", KvmHost.any(), new KvmOptions(), rounds);
        }
        measure("soft", new SoftBackend(), new SoftOptions(), rounds);
    }

    private static <O extends Record> void measure(String name, CpuBackend<O> backend, O options, int rounds)
            throws Exception {
        try (CpuBench machine = new CpuBench(backend, options, 1)) {
            machine.silence();
            // again: out 0x80, al; dec ecx; jnz again
            report(name, "port writes", machine, "e680 49 75fb", rounds);
            // again: mov [0xfec00000], eax; dec ecx; jnz again
            report(name, "memory writes", machine, "a30000c0fe 49 75f8", rounds);
        }
    }

    private static void report(String name, String what, CpuBench machine, String loop, int rounds)
            throws CpuException {
        double best = 0;
        for (int i = 0; i < rounds; i++) {
            VcpuState start = StartStates.protectedMode(0, StartStates.CODE);
            start.general()[1] = EXITS;
            machine.put(StartStates.CODE, loop + "b000 e6f4");
            machine.partition().load(0, start);
            long began = System.nanoTime();
            machine.runHere();
            best = Math.max(best, EXITS * 1e9 / (System.nanoTime() - began));
        }
        System.out.printf("%-5s %-14s %,12.0f exits/s%n", name, what, best);
    }
}
