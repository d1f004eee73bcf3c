package dev.backplane.bench.internal;

/**
 * One pass of a kernel.
 *
 * @param kernel its name
 * @param number which pass, from 1
 * @param calls how often the kernel was called in it
 * @param time from the mark at its begin to that at its end
 * @param checksum what came out, as the guest printed it
 */
record Pass(String kernel, int number, int calls, Span time, String checksum) {}
