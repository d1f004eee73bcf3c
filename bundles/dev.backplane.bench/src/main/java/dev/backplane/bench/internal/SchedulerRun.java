package dev.backplane.bench.internal;

import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.command.CommandContext;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;

/**
 * A scheduler that is measured, and where the figures go.
 *
 * @param context the command's
 * @param vms where machines are made
 * @param scheduler its type
 * @param cpu the CPU backend of machines whose instructions are not counted
 * @param span how long machines are looked at
 */
record SchedulerRun(CommandContext context, VmManager vms, String scheduler, String cpu, Duration span) {
    static String name(int machine) {
        return "busy" + machine;
    }

    /** The first processors, as in {@code affinity}. */
    static String first(int processors) {
        int last = Math.min(processors, Runtime.getRuntime().availableProcessors()) - 1;
        return last == 0 ? "0" : "0-" + last;
    }

    void print(String format, Object... values) throws IOException {
        context.print(String.format(Locale.ROOT, format + "%n", values));
    }
}
