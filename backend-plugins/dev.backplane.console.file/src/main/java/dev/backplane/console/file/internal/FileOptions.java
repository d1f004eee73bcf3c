package dev.backplane.console.file.internal;

import dev.backplane.api.part.Option;
import java.nio.file.Path;

/** Which file, and what becomes of what is in it. */
public record FileOptions(
        @Option("The file that output goes to; made where it does not exist.")
        Path path,

        @Option(value = "Keep what is in the file and write behind it, instead of beginning anew.", byDefault = "false")
        boolean append) {}
