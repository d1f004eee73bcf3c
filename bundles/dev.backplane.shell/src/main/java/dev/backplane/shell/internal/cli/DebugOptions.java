package dev.backplane.shell.internal.cli;

import dev.backplane.api.debug.TraceKind;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.shell.command.CommandException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options that let people look into the guest. */
final class DebugOptions {
    private static final long LINES = 10_000_000;

    @Option(
            names = "--gdb",
            paramLabel = "[HOST]:PORT",
            description = "Listen for gdb on a port of the loopback interface ('target remote :PORT').")
    private @Nullable String gdb;

    @Option(names = "--gdb-wait", description = "Stand before the guest's first instruction until gdb lets it go.")
    private boolean wait;

    @Option(
            names = "--trace",
            paramLabel = "KIND[,KIND]",
            description =
                    "Tell what the guest does: exec (every instruction: very slow), blocks (what a translator makes"
                            + " of it), mmu, irq, io.")
    private @Nullable String trace;

    @Option(names = "--trace-file", paramLabel = "FILE", description = "Write the trace there, not to standard error.")
    private @Nullable Path traceFile;

    @Option(
            names = "--trace-range",
            paramLabel = "FROM-TO",
            description =
                    "Of instructions and blocks, only those at these linear addresses: hexadecimal, the second exclusive.")
    private @Nullable String range;

    @Option(
            names = "--trace-limit",
            paramLabel = "LINES",
            description = "End the trace after so many lines (default: " + LINES + ").")
    private long limit = LINES;

    @Option(names = "--stats", description = "Tell all counters of the machine in the end; --debug does so too.")
    private boolean stats;

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    /** Whether all counters are wanted. */
    boolean allStatistics() {
        return stats || command != null && command.root().userObject() instanceof RootCommand root && root.isDebug();
    }

    /** Begins what was asked for, before the machine is started. */
    AutoCloseable attach(Environment environment, Vm vm) throws IOException, VmException, CommandException {
        Deque<AutoCloseable> open = new ArrayDeque<>();
        AutoCloseable all = () -> {
            while (!open.isEmpty()) {
                open.pop().close();
            }
        };
        check();
        try {
            open.push(vm.notices(new Notices(environment)));
            if (trace != null) {
                TraceLog log = TraceLog.open(environment, traceFile, range(range), limit);
                open.push(log);
                AutoCloseable running = vm.trace(kinds(trace), log);
                open.push(running);
                // Not on the vCPU's thread, which has to stand for it.
                log.whenFull(() -> Thread.ofVirtual().start(() -> end(environment, running)));
            }
            if (gdb != null) {
                open.push(environment.gdb(vm, gdb, wait));
            }
            return all;
        } catch (IOException | VmException | CommandException | RuntimeException e) {
            closeQuietly(all, e);
            throw e;
        }
    }

    private static void end(Environment environment, AutoCloseable trace) {
        try {
            trace.close();
        } catch (Exception e) {
            environment.say("the trace goes on: " + e.getMessage());
        }
    }

    private static void closeQuietly(AutoCloseable all, Exception failure) {
        try {
            all.close();
        } catch (Exception e) {
            failure.addSuppressed(e);
        }
    }

    private void check() throws CommandException {
        if (wait && gdb == null) {
            throw misused("--gdb-wait: it needs --gdb [HOST]:PORT");
        }
        if (trace == null && (traceFile != null || range != null)) {
            throw misused("--trace-file and --trace-range: they need --trace KIND");
        }
        if (limit < 1) {
            throw misused("--trace-limit " + limit + ": a number of lines from 1 was expected");
        }
    }

    private static Set<TraceKind> kinds(String text) throws CommandException {
        Set<TraceKind> kinds = EnumSet.noneOf(TraceKind.class);
        for (String word : text.split(",")) {
            kinds.add(Arrays.stream(TraceKind.values())
                    .filter(kind -> kind.name().toLowerCase(Locale.ROOT).equals(word))
                    .findFirst()
                    .orElseThrow(() -> misused(
                            "--trace " + text + ": exec, blocks, mmu, irq and io were expected, not '" + word + "'")));
        }
        return kinds;
    }

    private static long @Nullable [] range(@Nullable String text) throws CommandException {
        if (text == null) {
            return null;
        }
        try {
            String[] ends = text.replace("0x", "").split("-");
            return new long[] {Long.parseUnsignedLong(ends[0], 16), Long.parseUnsignedLong(ends[1], 16)};
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            throw misused(
                    "--trace-range " + text + ": two hexadecimal addresses were expected, for instance 7c00-7e00");
        }
    }

    private static CommandException misused(String message) {
        return new CommandException(2, message);
    }
}
