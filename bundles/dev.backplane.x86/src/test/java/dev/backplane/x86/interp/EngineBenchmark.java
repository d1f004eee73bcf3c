package dev.backplane.x86.interp;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Speed of the interpreter on a few integer kernels ({@code src/test/kernels/kernels.c}): guest instructions per microsecond of
 * processor time. Run the main class with the folder of the kernels, and optionally passes and the number of one kernel.
 */
final class EngineBenchmark {
    private static final long PROGRAM = 0x200000;
    private static final String[] KERNELS = {"bignum", "lz", "tree", "switch", "crc", "sort", "copy"};

    private EngineBenchmark() {}

    public static void main(String[] arguments) throws IOException {
        byte[] program = Files.readAllBytes(Path.of(arguments[0], "kernels.bin"));
        int passes = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 10;
        int only = arguments.length > 2 ? Integer.parseInt(arguments[2]) : -1;
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        var machine = new TestMachine().userMode(TestMachine.DATA);
        for (long page = TestMachine.STACK - 0x8000; page < TestMachine.STACK; page += 0x1000) {
            machine.map(page, page);
        }
        for (long page = PROGRAM; page < PROGRAM + 0x80000; page += 0x1000) {
            machine.map(page, page);
        }
        machine.ram.bytes().asSlice(PROGRAM, program.length).copyFrom(MemorySegment.ofArray(program));
        double[] best = new double[KERNELS.length];
        for (int pass = 0; pass < passes; pass++) {
            for (int kernel = 0; kernel < KERNELS.length; kernel++) {
                if (only >= 0 && kernel != only) {
                    continue;
                }
                machine.cpu.rip = PROGRAM + 0x30;
                machine.cpu.r[7] = kernel;
                machine.cpu.r[4] = TestMachine.STACK + 0xFF8;
                long instructions = machine.cpu.instructions;
                long time = threads.getCurrentThreadCpuTime();
                machine.run();
                time = threads.getCurrentThreadCpuTime() - time;
                double mips = (machine.cpu.instructions - instructions) * 1e3 / time;
                best[kernel] = Math.max(best[kernel], mips);
                if (machine.vector != 6) {
                    throw new IllegalStateException(
                            "exception %d at %x, cr2 %x".formatted(machine.vector, machine.cpu.rip, machine.cpu.cr2));
                }
                System.out.printf("%s %.1f  ", KERNELS[kernel], mips);
            }
            System.out.println();
        }
        double logs = 0;
        int count = 0;
        for (int kernel = 0; kernel < KERNELS.length; kernel++) {
            if (best[kernel] > 0) {
                logs += Math.log(best[kernel]);
                count++;
            }
        }
        System.out.printf("geometric mean of the best: %.1f MIPS%n", Math.exp(logs / count));
    }
}
