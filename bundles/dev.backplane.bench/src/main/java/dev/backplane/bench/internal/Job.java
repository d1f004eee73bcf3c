package dev.backplane.bench.internal;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a machine is to run.
 *
 * @param kernel an ELF file with a PVH note
 * @param initrd its initramfs, if it has one
 * @param arguments the command line
 * @param cpus how many vCPUs
 * @param linux it is Linux: it wants a clock and switches itself off
 */
record Job(Path kernel, @Nullable Path initrd, String arguments, int cpus, boolean linux) {
    static final int MEMORY_MIB = 256;
}
