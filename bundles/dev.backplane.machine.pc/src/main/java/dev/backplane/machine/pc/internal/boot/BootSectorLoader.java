package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.part.ConfigurationException;

/** A boot sector: 512 bytes at 0:0x7c00 in real mode, as a BIOS starts it, but with no BIOS to call. */
final class BootSectorLoader implements Loader {
    private static final int SECTOR_BYTES = 512;
    /** "MZ": what is left of a Linux kernel that was cut off behind its first sector, which only says that it cannot boot. */
    private static final int EFI_STUB = 0x5a4d;
    /** DL: the first hard disk. */
    private static final int DRIVE = 0x80;

    @Override
    public String looksFor() {
        return "a boot sector (512 bytes that end in 55 aa)";
    }

    @Override
    public boolean fits(KernelFile kernel) {
        return kernel.length() == SECTOR_BYTES && kernel.u16(SECTOR_BYTES - 2) == 0xaa55 && kernel.u16(0) != EFI_STUB;
    }

    @Override
    public VcpuState load(KernelFile kernel, BootRequest request) throws ConfigurationException {
        request.memory().place("boot sector", LowMemory.BOOT_SECTOR, kernel.bytes(), SECTOR_BYTES);
        return BootProcessor.realMode()
                .with(BootProcessor.RDX, DRIVE)
                .with(BootProcessor.RSP, LowMemory.BOOT_SECTOR)
                .at(LowMemory.BOOT_SECTOR);
    }
}
