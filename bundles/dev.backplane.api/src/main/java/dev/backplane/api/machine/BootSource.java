package dev.backplane.api.machine;

import dev.backplane.api.part.Option;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a machine boots: the {@code boot} map of the VM file.
 *
 * @param kernel the kernel's file
 * @param initrd the initial RAM disk's file
 * @param cmdline the kernel's command line
 * @param modules further modules for a multiboot or PVH kernel, in order
 */
public record BootSource(
        @Option("The kernel: bzImage, ELF with a PVH note, 64-bit ELF, or multiboot.")
        Path kernel,

        @Option("The initial RAM disk.") Optional<Path> initrd,

        @Option(value = "The kernel's command line.", byDefault = "\"\"")
        String cmdline,

        @Option(value = "Further modules for a multiboot or PVH kernel.", byDefault = "[]")
        List<Module> modules) {
    /** Copies the list. */
    public BootSource {
        modules = List.copyOf(modules);
    }

    /**
     * A file that a kernel finds in memory.
     *
     * @param file the file
     * @param arguments what the kernel is told about it
     */
    public record Module(
            @Option("The module's file.") Path file,

            @Option(value = "The module's arguments.", byDefault = "\"\"")
            String arguments) {}
}
