package dev.backplane.filter.copyonread.internal;

import dev.backplane.api.part.Option;
import dev.backplane.api.storage.StorageRef;

/** What is copied into. */
public record CopyOnReadOptions(
        @Option("The disk, of a format with a backing disk; a filter in a list stands on the next one by itself.")
        StorageRef on) {}
