package dev.backplane.guest.internal.ext4;

/**
 * Blocks in a row.
 *
 * @param start the first
 * @param blocks how many, at most 32768
 */
record Extent(long start, int blocks) {}
