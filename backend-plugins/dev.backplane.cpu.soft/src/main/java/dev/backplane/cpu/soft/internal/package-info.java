/**
 * The interpreter as a CPU backend: {@code SoftBackend} makes partitions whose vCPUs run nothing but the engine of {@code
 * dev.backplane.x86}. Portable and memory-safe; the reference that other backends are compared with.
 */
@NullMarked
package dev.backplane.cpu.soft.internal;

import org.jspecify.annotations.NullMarked;
