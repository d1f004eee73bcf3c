package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.internal.boot.FirmwareMap.Region;
import dev.backplane.machine.pc.internal.bus.MemoryMap;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** Multiboot 1: entered in 32-bit protected mode, EAX = 0x2badb002, EBX = the information (Multiboot 0.6.96, 3.2 and 3.3). */
final class MultibootLoader implements Loader {
    private static final int MAGIC = 0x2bad_b002;

    private static final int HAS_MEMORY = 1;
    private static final int HAS_CMDLINE = 1 << 2;
    private static final int HAS_MODULES = 1 << 3;
    private static final int HAS_MAP = 1 << 6;
    private static final int HAS_LOADER_NAME = 1 << 9;

    private static final int INFO_BYTES = 0x1000;
    private static final int LOADER_NAME_AT = 0x80;
    private static final int MAP_AT = 0x100;
    private static final int MAP_ENTRY = 24;
    private static final int MODULES_AT = 0x400;
    private static final int MODULE_ENTRY = 16;
    private static final byte[] LOADER_NAME = "Backplane\0".getBytes(StandardCharsets.US_ASCII);

    @Override
    public String looksFor() {
        return "a multiboot kernel (0x1badb002 within the first 8 KiB)";
    }

    @Override
    public boolean fits(KernelFile kernel) {
        Optional<MultibootHeader> header = MultibootHeader.find(kernel);
        return header.isPresent() && (header.get().hasAddresses() || ElfFile.isElf(kernel));
    }

    @Override
    public VcpuState load(KernelFile kernel, BootRequest request) throws ConfigurationException {
        MultibootHeader header = MultibootHeader.find(kernel).orElseThrow();
        header.check(kernel);
        BootMemory memory = request.memory();
        long end;
        long entry;
        if (header.hasAddresses()) {
            end = header.placeByAddresses(kernel, memory);
            entry = header.entryAddress();
        } else {
            ElfFile elf = ElfFile.parse(kernel);
            end = elf.place(memory);
            entry = elf.physicalEntry();
        }
        Gdt.place(memory, Gdt.code32());
        CommandLines cmdlines = new CommandLines(memory);
        long cmdline = cmdlines.place("cmdline", request.source().cmdline(), LowMemory.COMMAND_LINE_BYTES);
        List<Modules.Loaded> modules = Modules.place(request, cmdlines, Math.max(end, MemoryMap.HIGH_MEMORY));
        memory.place("multiboot information", LowMemory.START_INFO, information(request, cmdline, modules));
        return BootProcessor.protectedMode()
                .with(BootProcessor.RAX, MAGIC)
                .with(BootProcessor.RBX, LowMemory.START_INFO)
                .with(BootProcessor.RSP, LowMemory.STACK_TOP)
                .at(entry);
    }

    private static byte[] information(BootRequest request, long cmdline, List<Modules.Loaded> modules) {
        List<Region> map = FirmwareMap.of(request.ram());
        int flags = HAS_MEMORY | HAS_CMDLINE | HAS_MODULES | HAS_MAP | HAS_LOADER_NAME;
        ByteBuffer info = ByteBuffer.allocate(INFO_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        info.putInt(0, flags);
        info.putInt(4, (int) (MemoryMap.BASE_MEMORY_END >>> 10));
        info.putInt(8, (int) (request.lowRamEnd() - MemoryMap.HIGH_MEMORY >>> 10));
        info.putInt(16, (int) cmdline);
        info.putInt(20, modules.size());
        info.putInt(24, (int) LowMemory.START_INFO + MODULES_AT);
        info.putInt(44, map.size() * MAP_ENTRY);
        info.putInt(48, (int) LowMemory.START_INFO + MAP_AT);
        info.putInt(64, (int) LowMemory.START_INFO + LOADER_NAME_AT);
        info.put(LOADER_NAME_AT, LOADER_NAME);
        for (int i = 0; i < map.size(); i++) {
            int at = MAP_AT + i * MAP_ENTRY;
            int withoutItself = MAP_ENTRY - 4;
            info.putInt(at, withoutItself);
            info.putLong(at + 4, map.get(i).gpa());
            info.putLong(at + 12, map.get(i).length());
            info.putInt(at + 20, map.get(i).type());
        }
        for (int i = 0; i < modules.size(); i++) {
            int at = MODULES_AT + i * MODULE_ENTRY;
            info.putInt(at, (int) modules.get(i).file().gpa());
            info.putInt(at + 4, (int) modules.get(i).file().end());
            info.putInt(at + 8, (int) modules.get(i).cmdline());
        }
        return info.array();
    }
}
