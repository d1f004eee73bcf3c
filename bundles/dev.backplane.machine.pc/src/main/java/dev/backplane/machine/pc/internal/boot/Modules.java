package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.machine.BootSource.Module;
import dev.backplane.api.part.ConfigurationException;
import java.util.ArrayList;
import java.util.List;

/** The modules of a kernel that takes several: the initial RAM disk first, if there is one. */
final class Modules {
    /** What fits into the page of start information. */
    static final int MOST = 32;

    /**
     * A module in memory.
     *
     * @param file where it is
     * @param cmdline where its arguments are
     */
    record Loaded(LoadedFile file, long cmdline) {}

    private Modules() {}

    /**
     * Places all modules behind the kernel, each on a page of its own.
     *
     * @param kernelEnd the first address that the kernel leaves free
     */
    static List<Loaded> place(BootRequest request, CommandLines cmdlines, long kernelEnd)
            throws ConfigurationException {
        List<Module> modules = new ArrayList<>();
        request.source().initrd().ifPresent(initrd -> modules.add(new Module(initrd, "")));
        modules.addAll(request.source().modules());
        if (modules.size() > MOST) {
            throw new ConfigurationException("modules: %d with the initrd: at most %d".formatted(modules.size(), MOST));
        }
        List<Loaded> loaded = new ArrayList<>();
        long above = kernelEnd;
        for (Module module : modules) {
            String option = request.source().initrd().isPresent() && loaded.isEmpty() ? "initrd" : "modules";
            LoadedFile file = LoadedFile.placeLow(option, module.file(), request.memory(), above, request.lowRamEnd());
            loaded.add(new Loaded(file, cmdlines.place(option, module.arguments(), LowMemory.COMMAND_LINE_BYTES)));
            above = file.end();
        }
        return loaded;
    }
}
