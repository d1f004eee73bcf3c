package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.part.ConfigurationException;
import java.util.List;
import java.util.stream.Collectors;

/** Finds the loader that fits a file. */
public final class Loaders {
    private static final List<Loader> ALL = List.of(new BootSectorLoader());

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
        throw kernel.broken("not a kernel that this board can boot: it is none of "
                + ALL.stream().map(Loader::looksFor).collect(Collectors.joining(", ")));
    }
}
