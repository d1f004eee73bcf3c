package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.part.ConfigurationException;

/** A 64-bit ELF executable: entered in long mode as Linux's vmlinux is, with boot_params in RSI. */
final class Elf64Loader implements Loader {
    @Override
    public String looksFor() {
        return "a 64-bit ELF executable for x86-64";
    }

    @Override
    public boolean fits(KernelFile kernel) {
        return ElfFile.isElf(kernel) && ElfFile.is64(kernel);
    }

    @Override
    public VcpuState load(KernelFile kernel, BootRequest request) throws ConfigurationException {
        ElfFile elf = ElfFile.parse(kernel);
        long end = elf.place(request.memory());
        long entry = elf.physicalEntry();
        return LinuxBoot.enter(request, SetupHeader.none(entry), end, entry);
    }
}
