/** The binary translator as a CPU backend: {@code BtBackend} probes the host and makes partitions whose vCPUs run translated code. */
@NullMarked
package dev.backplane.cpu.bt.internal;

import org.jspecify.annotations.NullMarked;
