package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.internal.boot.FirmwareMap.Region;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Linux's 64-bit boot protocol: what is in memory and registers when the kernel is entered (boot.rst, zero-page.rst). */
final class LinuxBoot {
    private static final int ZERO_PAGE_BYTES = 0x1000;
    private static final int ACPI_RSDP_ADDR = 0x70;
    private static final int E820_ENTRIES = 0x1e8;
    private static final int VID_MODE = 0x1fa;
    private static final int TYPE_OF_LOADER = 0x210;
    private static final int LOADFLAGS = 0x211;
    private static final int CODE32_START = 0x214;
    private static final int RAMDISK_IMAGE = 0x218;
    private static final int RAMDISK_SIZE = 0x21c;
    private static final int CMD_LINE_PTR = 0x228;
    private static final int E820_TABLE = 0x2d0;
    private static final int E820_ENTRY_BYTES = 20;

    private static final byte UNKNOWN_LOADER = (byte) 0xff;
    private static final byte LOADED_HIGH = 1;
    private static final short NORMAL_VIDEO = (short) 0xffff;

    private LinuxBoot() {}

    /**
     * Places everything beside the kernel.
     *
     * @param header the kernel's, or a made-up one
     * @param kernelEnd the first address that the kernel leaves free
     * @param entry the physical address of its 64-bit entry point
     */
    static VcpuState enter(BootRequest request, SetupHeader header, long kernelEnd, long entry)
            throws ConfigurationException {
        if (!request.source().modules().isEmpty()) {
            throw new ConfigurationException("modules: %s: Linux takes none: use initrd, or a multiboot or PVH kernel"
                    .formatted(request.source().modules().getFirst().file()));
        }
        BootMemory memory = request.memory();
        Gdt.place(memory, Gdt.code64());
        long cr3 = PageTables.place(memory);
        long cmdline =
                new CommandLines(memory).place("cmdline", request.source().cmdline(), header.cmdlineMost());
        Optional<LoadedFile> initrd = placeInitrd(request, header, kernelEnd);
        memory.place("boot_params", LowMemory.BOOT_PARAMS, zeroPage(request, header, cmdline, initrd));
        return BootProcessor.longMode(cr3)
                .with(BootProcessor.RSI, LowMemory.BOOT_PARAMS)
                .with(BootProcessor.RSP, LowMemory.STACK_TOP)
                .at(entry);
    }

    private static Optional<LoadedFile> placeInitrd(BootRequest request, SetupHeader header, long kernelEnd)
            throws ConfigurationException {
        Optional<Path> path = request.source().initrd();
        if (path.isEmpty()) {
            return Optional.empty();
        }
        long below = Math.min(request.lowRamEnd(), header.initrdMost() + 1);
        LoadedFile initrd = LoadedFile.placeHigh("initrd", path.get(), request.memory(), kernelEnd, below);
        Initramfs.check(path.get(), request.memory(), initrd);
        return Optional.of(initrd);
    }

    private static byte[] zeroPage(BootRequest request, SetupHeader header, long cmdline, Optional<LoadedFile> initrd) {
        ByteBuffer page = ByteBuffer.allocate(ZERO_PAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        page.put(SetupHeader.OFFSET, header.bytes());
        page.putLong(ACPI_RSDP_ADDR, request.rsdp());
        page.putShort(VID_MODE, NORMAL_VIDEO);
        page.put(TYPE_OF_LOADER, UNKNOWN_LOADER);
        page.put(LOADFLAGS, LOADED_HIGH);
        page.putInt(CODE32_START, (int) header.loadAddress());
        page.putInt(RAMDISK_IMAGE, initrd.map(LoadedFile::gpa).orElse(0L).intValue());
        page.putInt(RAMDISK_SIZE, initrd.map(LoadedFile::length).orElse(0L).intValue());
        page.putInt(CMD_LINE_PTR, (int) cmdline);
        List<Region> map = FirmwareMap.of(request.ram());
        page.put(E820_ENTRIES, (byte) map.size());
        for (int i = 0; i < map.size(); i++) {
            int at = E820_TABLE + i * E820_ENTRY_BYTES;
            page.putLong(at, map.get(i).gpa());
            page.putLong(at + 8, map.get(i).length());
            page.putInt(at + 16, map.get(i).type());
        }
        return page.array();
    }
}
