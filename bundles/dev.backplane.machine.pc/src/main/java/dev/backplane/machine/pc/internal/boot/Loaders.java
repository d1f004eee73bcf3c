package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.part.ConfigurationException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Finds the loader that fits a file. */
public final class Loaders {
    private static final List<Loader> ALL = List.of(
            new BzImageLoader(), new BootSectorLoader(), new MultibootLoader(), new PvhLoader(), new Elf64Loader());

    private Loaders() {}

    /**
     * Loads a kernel by the first protocol that its file fits.
     *
     * @param kernel the kernel
     * @param request what goes with it
     * @return the state in which the boot processor starts
     * @throws ConfigurationException when none fits, or the file is damaged or too large
     */
    public static VcpuState load(KernelFile kernel, BootRequest request) throws ConfigurationException {
        for (Loader loader : ALL) {
            if (loader.fits(kernel)) {
                return loader.load(kernel, request);
            }
        }
        if (kernel.length() == 0) {
            throw kernel.broken("the file is empty, a kernel was expected");
        }
        throw kernel.broken("not a kernel that this board can boot: %s, and it is none of: %s"
                .formatted(beginning(kernel), ALL.stream().map(Loader::looksFor).collect(Collectors.joining("; "))));
    }

    private static String beginning(KernelFile kernel) {
        return IntStream.range(0, (int) Math.min(8, kernel.length()))
                .mapToObj(i -> "%02x".formatted(kernel.u8(i)))
                .collect(Collectors.joining(" ", "it begins with ", ""));
    }
}
