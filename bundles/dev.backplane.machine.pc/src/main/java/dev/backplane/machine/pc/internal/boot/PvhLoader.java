package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.internal.boot.FirmwareMap.Region;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.OptionalLong;

/** An ELF executable with a PVH note: entered in 32-bit protected mode, EBX = hvm_start_info (Xen, start_info.h and pvh.pandoc). */
final class PvhLoader implements Loader {
    private static final int MAGIC = 0x336e_c578;
    /** The first version with a memory map. */
    private static final int VERSION = 1;

    private static final int INFO_BYTES = 0x1000;
    private static final int MEMORY_MAP = 0x100;
    private static final int MEMORY_MAP_ENTRY = 24;
    private static final int MODULE_LIST = 0x400;
    private static final int MODULE_ENTRY = 32;

    @Override
    public String looksFor() {
        return "an ELF executable with a PVH note (type 18, \"Xen\")";
    }

    @Override
    public boolean fits(KernelFile kernel) {
        try {
            return ElfFile.isElf(kernel) && ElfFile.parse(kernel).pvhEntry().isPresent();
        } catch (ConfigurationException damaged) {
            return false;
        }
    }

    @Override
    public VcpuState load(KernelFile kernel, BootRequest request) throws ConfigurationException {
        ElfFile elf = ElfFile.parse(kernel);
        OptionalLong entry = elf.pvhEntry();
        BootMemory memory = request.memory();
        long end = elf.place(memory);
        if (!elf.hasPhysical(entry.orElseThrow())) {
            throw kernel.broken("PVH note: entry point 0x%x is in none of the segments".formatted(entry.getAsLong()));
        }
        Gdt.place(memory, Gdt.code32());
        CommandLines cmdlines = new CommandLines(memory);
        long cmdline = cmdlines.place("cmdline", request.source().cmdline(), LowMemory.COMMAND_LINE_BYTES);
        List<Modules.Loaded> modules = Modules.place(request, cmdlines, end);
        memory.place("hvm_start_info", LowMemory.START_INFO, startInfo(request, cmdline, modules));
        return BootProcessor.protectedMode()
                .with(BootProcessor.RBX, LowMemory.START_INFO)
                .with(BootProcessor.RSP, LowMemory.STACK_TOP)
                .at(entry.getAsLong());
    }

    private static byte[] startInfo(BootRequest request, long cmdline, List<Modules.Loaded> modules) {
        List<Region> map = FirmwareMap.of(request.ram());
        ByteBuffer info = ByteBuffer.allocate(INFO_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        info.putInt(MAGIC);
        info.putInt(VERSION);
        info.putInt(0);
        info.putInt(modules.size());
        info.putLong(modules.isEmpty() ? 0 : LowMemory.START_INFO + MODULE_LIST);
        info.putLong(cmdline);
        info.putLong(request.rsdp());
        info.putLong(LowMemory.START_INFO + MEMORY_MAP);
        info.putInt(map.size());
        for (int i = 0; i < map.size(); i++) {
            info.position(MEMORY_MAP + i * MEMORY_MAP_ENTRY);
            info.putLong(map.get(i).gpa());
            info.putLong(map.get(i).length());
            info.putInt(map.get(i).type());
        }
        for (int i = 0; i < modules.size(); i++) {
            info.position(MODULE_LIST + i * MODULE_ENTRY);
            info.putLong(modules.get(i).file().gpa());
            info.putLong(modules.get(i).file().length());
            info.putLong(modules.get(i).cmdline());
        }
        return info.array();
    }
}
