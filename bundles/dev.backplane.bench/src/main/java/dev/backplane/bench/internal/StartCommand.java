package dev.backplane.bench.internal;

import dev.backplane.shell.command.CommandContext;
import dev.backplane.shell.command.CommandException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code backplane bench start}. */
@Command(
        name = "start",
        description = {
            "Measure the start: of the framework, until every bundle has been started, and of the whole process that lists"
                    + " the types, from its start to its end."
        },
        footerHeading = "%nExample:%n",
        footer = "  backplane bench start --runs 20")
final class StartCommand implements Callable<Integer> {
    private static final Pattern STARTED = Pattern.compile("framework started in ([0-9,.]+) ms");
    private static final int MOST_RUNS = 10_000;

    private final CommandContext context;

    @Option(names = "--runs", paramLabel = "N", description = "How often (default: 5).")
    private int runs = 5;

    StartCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        if (runs < 1 || runs > MOST_RUNS) {
            throw new CommandException(2, "--runs " + runs + ": expected 1 to " + MOST_RUNS);
        }
        Path script = Distribution.script();
        List<Double> framework = new ArrayList<>();
        List<Double> process = new ArrayList<>();
        // The first finds nothing in the disk's cache.
        for (int run = 0; run <= runs; run++) {
            long start = System.nanoTime();
            double started = frameworkMillis(script);
            if (run > 0) {
                framework.add(started);
                process.add((System.nanoTime() - start) / 1e6);
            }
        }
        context.print(line("framework, start to ready", Sample.of(framework))
                + line("backplane types, whole process", Sample.of(process)));
        return 0;
    }

    private static double frameworkMillis(Path script) throws IOException, InterruptedException, CommandException {
        Process process = new ProcessBuilder(script.toString(), "--debug", "types")
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        Matcher told = STARTED.matcher(text);
        if (status != 0 || !told.find()) {
            throw new CommandException(
                    "backplane --debug types: status %d, and not a word of when the framework had started"
                            .formatted(status));
        }
        return Double.parseDouble(told.group(1).replace(",", ""));
    }

    private static String line(String what, Sample sample) {
        return String.format(
                Locale.ROOT,
                "%-32s %8.0f ms (median of %d; %.0f to %.0f)%n",
                what,
                sample.median(),
                sample.count(),
                sample.least(),
                sample.most());
    }
}
