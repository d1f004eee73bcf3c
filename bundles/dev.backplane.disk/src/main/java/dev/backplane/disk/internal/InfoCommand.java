package dev.backplane.disk.internal;

import dev.backplane.api.storage.image.DiskRequest;
import dev.backplane.api.storage.image.OpenDisk;
import dev.backplane.shell.command.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code backplane disk info}. */
@Command(
        name = "info",
        description = "Tell what an image is.",
        exitCodeOnInvalidInput = 1,
        footerHeading = "%nExample:%n",
        footer = "  backplane disk info --output=json disk.qcow2")
final class InfoCommand implements Callable<Integer> {
    private final Tool tool;

    @Mixin
    private ImageOptions image = new ImageOptions();

    @Option(names = "--output", paramLabel = "human|json", description = "For whom the answer is (default: human).")
    private OutputFormat output = OutputFormat.human;

    @Option(names = "--backing-chain", description = "Tell it of all images that it stands on, too.")
    private boolean chain;

    @Parameters(index = "0", paramLabel = "FILE", description = "The image.")
    private String file = "";

    InfoCommand(Tool tool) {
        this.tool = tool;
    }

    @Override
    public Integer call() throws Exception {
        DiskRequest request = image.request(file).toBeDescribed();
        List<String> texts = new ArrayList<>();
        List<Map<String, Object>> trees = new ArrayList<>();
        try (OpenDisk top = tool.disks().open(chain ? request : request.withoutBacking())) {
            for (OpenDisk disk = top; disk != null; disk = disk.backingDisk().orElse(null)) {
                Description description = Description.of(disk);
                texts.add(description.human());
                trees.add(description.json());
            }
        }
        tool.context()
                .print(
                        output == OutputFormat.human
                                ? String.join("\n", texts)
                                : Json.text(chain ? trees : trees.getFirst()));
        return 0;
    }
}
