package dev.backplane.disk.internal;

import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import dev.backplane.api.storage.image.DiskRequest;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.Json;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code backplane disk check}. */
@Command(
        name = "check",
        description = "Look whether an image is consistent, and repair it.",
        exitCodeOnInvalidInput = 1,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:it is consistent (now)",
            "1:the check did not come to its end",
            "2:it is damaged",
            "3:space in it is in use by nobody, which does no harm",
            "63:its format cannot be checked"
        })
final class CheckCommand implements Callable<Integer> {
    private static final int DAMAGED = 2;
    private static final int LEAKS = 3;
    private static final int UNSUPPORTED = 63;

    /** What is repaired. */
    enum Repair {
        /** What is in use by nobody. */
        leaks,
        /** Everything. */
        all
    }

    private final Tool tool;

    @Mixin
    private ImageOptions image = new ImageOptions();

    @Option(
            names = {"-r", "--repair"},
            arity = "0..1",
            fallbackValue = "all",
            paramLabel = "leaks|all",
            description = "Repair what is in use by nobody, or everything (also where data may be lost by it).")
    private @org.jspecify.annotations.Nullable Repair repair;

    @Option(names = "--output", paramLabel = "human|json", description = "For whom the answer is (default: human).")
    private OutputFormat output = OutputFormat.human;

    @Option(names = "-q", description = "Say nothing but errors.")
    private boolean quiet;

    @Parameters(index = "0", paramLabel = "FILE", description = "The image.")
    private String file = "";

    CheckCommand(Tool tool) {
        this.tool = tool;
    }

    @Override
    public Integer call() throws Exception {
        DiskRequest request = image.request(file);
        CheckMode mode = repair == null
                ? CheckMode.REPORT
                : repair == Repair.leaks ? CheckMode.REPAIR_LEAKS : CheckMode.REPAIR_ALL;
        Optional<CheckReport> found =
                tool.disks().check(mode == CheckMode.REPORT ? request : request.forWriting(), mode);
        if (found.isEmpty()) {
            throw new CommandException(UNSUPPORTED, file + ": its format cannot be checked");
        }
        CheckReport report = found.get();
        if (output == OutputFormat.json) {
            tool.context().print(Json.text(json(report)));
        } else if (!quiet) {
            print(report);
        }
        return report.unreadable() > 0 ? 1 : report.corruptions() > 0 ? DAMAGED : report.leaks() > 0 ? LEAKS : 0;
    }

    private Map<String, Object> json(CheckReport report) throws Exception {
        Map<String, Object> out = new LinkedHashMap<>();
        report.imageEndOffset().ifPresent(end -> out.put("image-end-offset", end));
        put(out, "total-clusters", report.totalUnits());
        out.put("check-errors", report.unreadable());
        put(out, "leaks", report.leaks());
        put(out, "corruptions", report.corruptions());
        put(out, "leaks-fixed", report.leaksFixed());
        put(out, "corruptions-fixed", report.corruptionsFixed());
        put(out, "allocated-clusters", report.allocatedUnits());
        put(out, "fragmented-clusters", report.fragmentedUnits());
        put(out, "compressed-clusters", report.compressedUnits());
        out.put("filename", file);
        out.put(
                "format",
                image.format().isEmpty() ? tool.disks().recognize(file).orElse("") : image.format());
        return out;
    }

    private static void put(Map<String, Object> out, String name, long value) {
        if (value != 0) {
            out.put(name, value);
        }
    }

    private void print(CheckReport report) throws IOException {
        StringBuilder text = new StringBuilder();
        report.messages().forEach(message -> text.append(message).append('\n'));
        if (report.leaksFixed() + report.corruptionsFixed() > 0) {
            text.append(
                    "The following inconsistencies were found and repaired:\n\n    %d leaked clusters\n    %d corruptions\n\n"
                            .formatted(report.leaksFixed(), report.corruptionsFixed()));
        }
        if (report.unreadable() + report.corruptions() + report.leaks() == 0) {
            text.append("No errors were found on the image.\n");
        }
        if (report.corruptions() > 0) {
            text.append(
                    "\n%d errors were found on the image.\nData may be corrupted, or further writes to the image may corrupt it.\n"
                            .formatted(report.corruptions()));
        }
        if (report.leaks() > 0) {
            text.append(
                    "\n%d leaked clusters were found on the image.\nThis means waste of disk space, but no harm to data.\n"
                            .formatted(report.leaks()));
        }
        if (report.unreadable() > 0) {
            text.append("\n%d internal errors have occurred during the check.\n".formatted(report.unreadable()));
        }
        if (report.totalUnits() > 0) {
            text.append(String.format(
                    Locale.ROOT,
                    "%d/%d = %.2f%% allocated, %.2f%% fragmented, %.2f%% compressed clusters%n",
                    report.allocatedUnits(),
                    report.totalUnits(),
                    100.0 * report.allocatedUnits() / report.totalUnits(),
                    100.0 * report.fragmentedUnits() / Math.max(1, report.allocatedUnits()),
                    100.0 * report.compressedUnits() / Math.max(1, report.allocatedUnits())));
        }
        report.imageEndOffset()
                .ifPresent(end -> text.append("Image end offset: ").append(end).append('\n'));
        tool.context().print(text.toString());
    }
}
