package dev.backplane.kernel.internal.memory;

import java.nio.file.Path;

/**
 * Pages of a machine's RAM that a file of the host's file system has, each at its own offset.
 *
 * @param run the pages
 * @param file the file
 * @param zeros whether they are zeros, whatever the file has there
 */
public record FileRun(MemoryRun run, Path file, boolean zeros) {}
