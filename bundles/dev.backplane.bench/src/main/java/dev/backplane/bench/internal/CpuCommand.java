package dev.backplane.bench.internal;

import dev.backplane.api.vm.OfferedType;
import dev.backplane.guest.GuestMaker;
import dev.backplane.shell.command.CommandContext;
import dev.backplane.shell.command.CommandException;
import dev.backplane.x86.system.CpuModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code backplane bench cpu}. */
@Command(
        name = "cpu",
        description = {
            "Measure the CPU backends, against each other and, where it is installed, against QEMU's software CPU.",
            "",
            "Each machine is a process of its own, QEMU with the same guest, CPU features and memory; they take turns in"
                    + " every run. Times are taken on the host, at marks that the guest writes to its serial port. The"
                    + " results of every kernel are checked; where one is wrong, or a machine does not get to its end, this is"
                    + " told, does not count, and makes the exit status 1.",
            "",
            "Workloads:",
            "  integer  sieve, hash table, matrix, sort, indirect calls, state machine, recursion, bignum",
            "  float    SSE2: bodies, Mandelbrot set, packed matrix product",
            "  aes      AES-128 with the processor's instructions: counter mode, CBC decrypted",
            "  string   REP MOVS, STOS, SCAS and CMPS, short and long",
            "  linux    under Linux: system calls, pipes, processes, page faults, files",
            "  smp      under Linux on two vCPUs: one process that computes, and two at the same time",
            "  boot     Debian's cloud kernel as ELF to a shell command and power-off: the whole process, JVM included"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  backplane bench cpu",
            "  backplane bench cpu --cpu bt --set integer,boot --runs 30 --json > result.json"
        })
final class CpuCommand implements Callable<Integer> {
    private static final int MOST_RUNS = 10_000;

    private final CommandContext context;
    private final GuestMaker guests;

    @Option(
            names = "--cpu",
            split = ",",
            paramLabel = "TYPE",
            description = "CPU backends (default: all that run here).")
    private List<String> types = List.of();

    @Option(names = "--set", split = ",", paramLabel = "WORKLOAD", description = "Workloads (default: all).")
    private List<String> sets = List.of();

    @Option(names = "--runs", paramLabel = "N", description = "How often everything is done (default: 5).")
    private int runs = 5;

    @Option(names = "--passes", paramLabel = "N", description = "Passes of each kernel in a run (default: 3).")
    private int passes = 3;

    @Option(
            names = "--qemu",
            split = ",",
            paramLabel = "MACHINE",
            description = "QEMU's machines, or none (default: pc,microvm).")
    private List<String> machines = List.of("pc", "microvm");

    @Option(names = "--model", paramLabel = "MODEL", description = "CPU model (default: x86-64-v2-aes).")
    private String model = "x86-64-v2-aes";

    @Option(
            names = "--clock",
            paramLabel = "CLOCK",
            description = "wall, or cpu: processor time, for a machine that does other things too (default: wall).")
    private String clock = "wall";

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    CpuCommand(CommandContext context, GuestMaker guests) {
        this.context = context;
        this.guests = guests;
    }

    @Override
    public Integer call() throws Exception {
        Set<Workload> workloads = workloads();
        Span.Clock by = clock();
        inRange("--runs", runs, MOST_RUNS);
        inRange("--passes", passes, 100);
        CpuModel cpuModel = CpuModel.named(model)
                .orElseThrow(() -> misused("--model " + model + ": expected one of "
                        + CpuModel.all().stream().map(CpuModel::name).collect(Collectors.joining(", "))));
        Optional<Path> qemu = machines.equals(List.of("none")) ? Optional.empty() : Qemu.program();
        List<Contestant> contestants = contestants(cpuModel, qemu);
        Path folder = Files.createTempDirectory("backplane-bench-");
        try {
            var programs = new Programs();
            var jobs = new Jobs(programs, guests, folder, context::say);
            var measurement =
                    new Measurement(new Plan(workloads, runs, passes, by), programs, jobs, folder, context::say);
            List<Contestant> able = measurement.able(contestants);
            if (able.stream().allMatch(Contestant::reference)) {
                throw new CommandException("no CPU backend is left to be measured");
            }
            Figures figures = measurement.run(able);
            Map<String, String> about = about(qemu);
            context.print(
                    json
                            ? JsonReport.of(figures, about)
                            : TextReport.of(figures, "bench cpu: " + String.join("; ", about.values())));
            return figures.remarks().isEmpty() ? 0 : 1;
        } finally {
            delete(folder);
        }
    }

    private Set<Workload> workloads() throws CommandException {
        Set<Workload> chosen = sets.isEmpty() ? EnumSet.allOf(Workload.class) : EnumSet.noneOf(Workload.class);
        for (String set : sets) {
            if (!Workload.words().contains(set)) {
                throw misused("--set " + set + ": expected some of " + String.join(", ", Workload.words()));
            }
            chosen.add(Workload.valueOf(set.toUpperCase(Locale.ROOT)));
        }
        return chosen;
    }

    private Span.Clock clock() throws CommandException {
        return switch (clock) {
            case "wall" -> Span.Clock.WALL;
            case "cpu" -> Span.Clock.CPU;
            default -> throw misused("--clock " + clock + ": expected wall or cpu");
        };
    }

    private static void inRange(String option, int value, int most) throws CommandException {
        if (value < 1 || value > most) {
            throw misused("%s %d: expected 1 to %d".formatted(option, value, most));
        }
    }

    private List<Contestant> contestants(CpuModel cpuModel, Optional<Path> qemu) throws CommandException, IOException {
        Path script = Distribution.script();
        List<String> offered = context.vms().types().stream()
                .filter(type -> type.kind().equals("cpu"))
                .map(OfferedType::type)
                .toList();
        List<Contestant> contestants = new ArrayList<>();
        for (String type : types.isEmpty() ? offered : types) {
            if (!offered.contains(type)) {
                throw misused("--cpu " + type + ": expected some of " + String.join(", ", offered));
            }
            contestants.add(new BackplaneContestant(script, type, cpuModel.name()));
        }
        long tsc = qemu.isPresent() ? (long) (Double.parseDouble(processor("cpu MHz", "1000")) * 1000) : 0;
        qemu.ifPresent(program ->
                machines.forEach(machine -> contestants.add(new QemuContestant(program, machine, cpuModel, tsc))));
        return contestants;
    }

    private Map<String, String> about(Optional<Path> qemu) throws IOException, InterruptedException {
        Map<String, String> about = new LinkedHashMap<>();
        about.put("runs", runs + " runs of " + passes + " passes, interleaved");
        about.put("model", "CPU model " + model);
        about.put(
                "processor",
                processor("model name", "unknown processor") + ", "
                        + Runtime.getRuntime().availableProcessors() + " processors");
        about.put("java", "Java " + System.getProperty("java.version"));
        about.put("qemu", qemu.isPresent() ? Qemu.version(qemu.get()) : "without QEMU");
        return about;
    }

    private static String processor(String key, String otherwise) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith(key))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(otherwise);
        }
    }

    private static CommandException misused(String message) {
        return new CommandException(2, message);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(folder);
    }
}
