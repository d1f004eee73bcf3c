package dev.backplane.disk.internal;

import dev.backplane.api.storage.image.OpenDisk;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code backplane disk map}. */
@Command(
        name = "map",
        description = "Tell where the bytes of a disk are, in the image and in the files that it stands on.",
        exitCodeOnInvalidInput = 1)
final class MapCommand implements Callable<Integer> {
    private final Tool tool;

    @Mixin
    private ImageOptions image = new ImageOptions();

    @Option(names = "--output", paramLabel = "human|json", description = "For whom the answer is (default: human).")
    private OutputFormat output = OutputFormat.human;

    @Option(
            names = {"-s", "--start-offset"},
            paramLabel = "OFFSET",
            description = "Where to begin.")
    private String start = "0";

    @Option(
            names = {"-l", "--max-length"},
            paramLabel = "LENGTH",
            description = "How much to look at.")
    private String length = "";

    @Parameters(index = "0", paramLabel = "FILE", description = "The image.")
    private String file = "";

    MapCommand(Tool tool) {
        this.tool = tool;
    }

    @Override
    public Integer call() throws Exception {
        try (OpenDisk disk = tool.disks().open(image.request(file))) {
            long capacity = disk.storage().capacityBytes();
            long from = Math.min(size(start), capacity);
            long to = length.isEmpty() ? capacity : from + Math.min(size(length), capacity - from);
            tool.context().print(output == OutputFormat.json ? json(disk, from, to) : human(disk, from, to));
        }
        return 0;
    }

    private static long size(String text) throws CommandException {
        return Sizes.parse(text).orElseThrow(() -> new CommandException(text + ": expected a size"));
    }

    private static String human(OpenDisk disk, long from, long to) throws Exception {
        StringBuilder text =
                new StringBuilder("%-16s%-16s%-16s%s\n".formatted("Offset", "Length", "Mapped to", "File"));
        List<Block> hidden = new ArrayList<>();
        Blocks.forEach(disk, from, to, block -> {
            if (block.data() && !block.compressed() && block.place().isPresent()) {
                text.append("%-16s%-16s%-16s%s\n"
                        .formatted(
                                hex(block.offset()),
                                hex(block.bytes()),
                                hex(block.place().getAsLong()),
                                block.layer().location()));
            } else if (block.data()) {
                hidden.add(block);
            }
        });
        if (!hidden.isEmpty()) {
            throw new CommandException(
                    "the image has compressed or encrypted bytes, which stand nowhere as they are: --output=json tells more");
        }
        return text.toString();
    }

    private static String hex(long value) {
        return value == 0 ? "0" : "0x" + Long.toHexString(value);
    }

    /** A line a block, as qemu-img does. */
    private static String json(OpenDisk disk, long from, long to) throws Exception {
        StringBuilder text = new StringBuilder("[");
        Blocks.forEach(disk, from, to, block -> {
            Map<String, Object> out = new LinkedHashMap<>();
            out.put("start", block.offset());
            out.put("length", block.bytes());
            out.put("depth", block.depth());
            out.put("present", block.present());
            out.put("zero", block.zero());
            out.put("data", block.data());
            out.put("compressed", block.compressed());
            block.place().ifPresent(place -> out.put("offset", place));
            text.append(text.length() == 1 ? "" : ",\n").append(Json.line(out));
        });
        return text.append("]\n").toString();
    }
}
