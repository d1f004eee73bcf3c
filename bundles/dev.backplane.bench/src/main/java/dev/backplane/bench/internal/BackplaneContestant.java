package dev.backplane.bench.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A CPU backend, run by the start script as a user would.
 *
 * @param script the start script
 * @param type the CPU type
 * @param model the CPU model
 */
record BackplaneContestant(Path script, String type, String model) implements Contestant {
    @Override
    public String name() {
        return type;
    }

    @Override
    public boolean reference() {
        return false;
    }

    @Override
    public List<String> command(Job job, Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("machine.yaml"), text(job));
        return List.of(script.toString(), "run", file.toString());
    }

    private String text(Job job) {
        String initrd = job.initrd() == null ? "" : ", initrd: \"" + job.initrd() + "\"";
        String devices = job.linux()
                ? "  - {type: rtc-cmos, id: rtc}\n  - {type: i8042-reset, id: i8042}\n"
                : "  - {type: debug-exit, id: exit}\n";
        return """
               name: bench
               cpus: %d
               memory: %dMiB
               cpu: {type: %s, model: %s}
               boot: {kernel: "%s"%s, cmdline: "%s"}
               onReboot: exit
               devices:
                 - {type: serial-16550, id: com1, console: stdio}
               %s""".formatted(job.cpus(), Job.MEMORY_MIB, type, model, job.kernel(), initrd, job.arguments(), devices);
    }
}
