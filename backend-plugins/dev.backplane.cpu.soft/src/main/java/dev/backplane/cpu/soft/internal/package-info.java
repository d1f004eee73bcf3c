/**
 * The interpreter as a CPU backend: {@code SoftBackend} makes a {@code SoftPartition}, whose vCPUs run the engine of {@code
 * dev.backplane.x86} on the kernel's threads. Portable and memory-safe; the reference that other backends are compared with.
 */
@NullMarked
package dev.backplane.cpu.soft.internal;

import org.jspecify.annotations.NullMarked;
