package dev.backplane.bench.internal;

import dev.backplane.x86.system.CpuModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * QEMU's software CPU.
 *
 * @param program {@code qemu-system-x86_64}
 * @param machine QEMU's name of the board
 * @param model the CPU model whose features it gets
 * @param tscKilohertz the frequency of the host's time-stamp counter, which the guest sees: Linux would measure it against the PIT,
 *     and on a busy host it would get stuck there
 */
record QemuContestant(Path program, String machine, CpuModel model, long tscKilohertz) implements Contestant {
    /** As {@code debug-exit} has it, so that one guest program ends on both. */
    private static final String EXIT_PORT = "isa-debug-exit,iobase=0xf4,iosize=4";

    @Override
    public String name() {
        return "qemu-" + machine;
    }

    @Override
    public boolean reference() {
        return true;
    }

    @Override
    public List<String> command(Job job, Path folder) {
        var words = new ArrayList<>(List.of(
                program.toString(),
                "-machine",
                machine,
                "-accel",
                "tcg",
                "-cpu",
                QemuFeatures.of(model),
                "-smp",
                Integer.toString(job.cpus()),
                "-m",
                Integer.toString(Job.MEMORY_MIB),
                "-no-user-config",
                "-nodefaults",
                "-no-reboot",
                "-display",
                "none",
                "-serial",
                "stdio",
                "-kernel",
                job.kernel().toString(),
                "-append",
                job.linux() ? job.arguments() + " tsc_early_khz=" + tscKilohertz : job.arguments()));
        if (job.initrd() != null) {
            words.addAll(List.of("-initrd", job.initrd().toString()));
        }
        if (!job.linux()) {
            words.addAll(List.of("-device", EXIT_PORT));
        }
        return words;
    }
}
