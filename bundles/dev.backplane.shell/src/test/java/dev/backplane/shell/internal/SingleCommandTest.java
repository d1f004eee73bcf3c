package dev.backplane.shell.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.shell.command.CommandContext;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.CommandLineRun;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Timeout(60)
class SingleCommandTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @Command(name = "tool", description = "A tool.", exitCodeOnInvalidInput = 1)
    private static final class Tool implements Callable<Integer> {
        private final CommandContext context;

        @Option(names = "--status", description = "What it ends with.")
        private int status;

        Tool(CommandContext context) {
            this.context = context;
        }

        @Override
        public Integer call() throws Exception {
            if (status == 7) {
                throw new CommandException(7, "it does not work");
            }
            context.print("words " + context.words() + "\n");
            return status;
        }
    }

    private record Result(int status, String out, String err) {}

    private Result run(String... words) {
        PrintStream before = System.err;
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        try {
            int status = new SingleCommand(out, List.of(words)).run(Tool::new);
            return new Result(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        } finally {
            System.setErr(before);
        }
    }

    @Test
    void itRunsAndGivesItsStatus() {
        assertEquals(new Result(3, "words [tool, --status, 3]\n", ""), run("tool", "--status", "3"));
    }

    @Test
    void aFailureIsToldInOneLineAndKeepsItsStatus() {
        assertEquals(new Result(7, "", "backplane: it does not work\n"), run("tool", "--status", "7"));
    }

    @Test
    void anUnknownOptionIsToldAsTheShellTellsIt() {
        Result result = run("tool", "--statis", "3");
        assertEquals(1, result.status());
        assertTrue(
                result.err().startsWith("backplane: unknown option '--statis'; did you mean --status"), result.err());
        assertTrue(
                result.err().endsWith("backplane: 'backplane tool --help' explains what can be typed\n"), result.err());
    }

    @Test
    void theHelpHasTheOptionsOfEveryCommand() {
        String help = run("tool", "--help").out();
        assertTrue(help.startsWith("Usage: backplane tool [-h] [--debug] [--status=<status>]"), help);
    }

    @Test
    void theLaunchersFutureGetsTheStatus() throws Exception {
        var status = new CompletableFuture<Integer>();
        var launcher = Map.<Map<String, Object>, CompletableFuture<Integer>>entry(
                Map.of("launcher.arguments", new String[] {"tool", "--status", "5"}), status);
        try (var run = new CommandLineRun(launcher)) {
            assertEquals(List.of("tool", "--status", "5"), run.words());
            run.start(() -> 5);
            assertEquals(5, status.get(60, TimeUnit.SECONDS));
        }
    }
}
