package dev.backplane.cpu.bt.internal.run;

import dev.backplane.cpu.bt.internal.translate.Fidelity;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The integer kernels of dev.backplane.x86 ({@code src/test/kernels}) interpreted and translated: milliseconds a pass, and that
 * both give the same. Run the main class with the folder of the kernels, and optionally passes.
 */
final class KernelBenchmark {
    private static final long PROGRAM = 0x200000;
    private static final String[] KERNELS = {"bignum", "lz", "tree", "switch", "crc", "sort", "copy"};

    private KernelBenchmark() {}

    public static void main(String[] arguments) throws IOException {
        byte[] program = Files.readAllBytes(Path.of(arguments[0], "kernels.bin"));
        int passes = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
        double[][] best = new double[2][KERNELS.length];
        long[][] results = new long[2][KERNELS.length * passes];
        for (int translated = 0; translated < 2; translated++) {
            try (var machine = new BtMachine(Fidelity.USUAL, 8 << 20).userMode()) {
                for (long page = BtMachine.STACK - 0x8000; page <= BtMachine.STACK; page += 0x1000) {
                    machine.map(page, page);
                }
                for (long page = PROGRAM; page < PROGRAM + 0x80000; page += 0x1000) {
                    machine.map(page, page);
                }
                machine.ram.bytes().asSlice(PROGRAM, program.length).copyFrom(MemorySegment.ofArray(program));
                for (int n = 0; n < passes * KERNELS.length; n++) {
                    int kernel = n % KERNELS.length;
                    machine.cpu.rip = PROGRAM + 0x30;
                    machine.cpu.r[7] = kernel;
                    machine.cpu.r[4] = BtMachine.STACK + 0xFF8;
                    long time = System.nanoTime();
                    machine.run(translated == 1);
                    double millis = (System.nanoTime() - time) / 1e6;
                    best[translated][kernel] =
                            best[translated][kernel] == 0 ? millis : Math.min(best[translated][kernel], millis);
                    results[translated][n] = machine.cpu.r[0];
                    if (n >= passes * KERNELS.length - KERNELS.length
                            && translated == 1
                            && Boolean.getBoolean("counters")) {
                        System.out.println(
                                KERNELS[kernel] + " " + java.util.Arrays.toString(machine.translation.counters().exits)
                                        + " interpreted " + machine.translation.counters().interpreted);
                    }
                    if (machine.vector != 6) {
                        throw new IllegalStateException("exception %d at %x, cr2 %x"
                                .formatted(machine.vector, machine.cpu.rip, machine.cpu.cr2));
                    }
                }
            }
        }
        double logs = 0;
        for (int kernel = 0; kernel < KERNELS.length; kernel++) {
            System.out.printf(
                    "%-8s interpreted %8.2f ms, translated %8.3f ms, ratio %.3f%n",
                    KERNELS[kernel], best[0][kernel], best[1][kernel], best[1][kernel] / best[0][kernel]);
            logs += Math.log(best[1][kernel] / best[0][kernel]);
        }
        System.out.printf("geometric mean %.3f%n", Math.exp(logs / KERNELS.length));
        if (!java.util.Arrays.equals(results[0], results[1])) {
            throw new IllegalStateException("checksums differ");
        }
    }
}
