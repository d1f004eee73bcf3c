package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.internal.boot.payload.Payload;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * Linux's bzImage. Where the host knows the payload's compression, the kernel proper is unpacked here and entered at its own
 * entry point: at the address it was linked for it needs none of the relocations that follow it. Else the image is entered as it
 * is and unpacks itself.
 */
public final class BzImageLoader implements Loader {
    private static final long ENTRY_64 = 0x200;

    BzImageLoader() {}

    /** Takes the kernel proper, an ELF file. */
    @FunctionalInterface
    public interface Taker {
        /** Called once; the bytes are there until it returns. */
        void take(MemorySegment elf) throws IOException;
    }

    /** Unpacks the kernel proper of an image on the host. */
    public static void unpack(Path image, Taker taker) throws ConfigurationException, IOException {
        try (Arena arena = Arena.ofConfined()) {
            KernelFile kernel = KernelFile.read(image, arena);
            if (!SetupHeader.isThere(kernel)) {
                throw kernel.broken("not a Linux bzImage");
            }
            SetupHeader header = SetupHeader.parse(kernel);
            KernelFile payload = header.payload(kernel);
            if (!Payload.isKnown(payload)) {
                throw kernel.broken("its compression is not one that the host can undo");
            }
            taker.take(proper(header, payload, arena).bytes());
        }
    }

    @Override
    public String looksFor() {
        return "a Linux bzImage (\"HdrS\" at 0x202)";
    }

    @Override
    public boolean fits(KernelFile kernel) {
        return SetupHeader.isThere(kernel);
    }

    @Override
    public VcpuState load(KernelFile kernel, BootRequest request) throws ConfigurationException {
        SetupHeader header = SetupHeader.parse(kernel);
        ImageChecksum.check(kernel, header);
        if (header.loadAddress() + header.initSize() > request.lowRamEnd()) {
            throw kernel.broken(
                    "it needs memory up to 0x%x, and RAM below 4 GiB ends at 0x%x: give the machine more memory"
                            .formatted(header.loadAddress() + header.initSize(), request.lowRamEnd()));
        }
        KernelFile payload = header.payload(kernel);
        return Payload.isKnown(payload) ? unpacked(header, payload, request) : packed(header, kernel, request);
    }

    private static VcpuState unpacked(SetupHeader header, KernelFile payload, BootRequest request)
            throws ConfigurationException {
        ElfFile elf = ElfFile.parse(proper(header, payload, request.arena()));
        long end = elf.place(request.memory());
        long behind = Math.max(end, header.loadAddress() + header.initSize());
        return LinuxBoot.enter(request, header, behind, elf.physicalEntry());
    }

    private static KernelFile proper(SetupHeader header, KernelFile payload, Arena arena)
            throws ConfigurationException {
        KernelFile proper = Payload.unpack(payload, header.initSize(), arena);
        if (!ElfFile.isElf(proper) || !ElfFile.is64(proper)) {
            throw proper.broken("the payload is not a 64-bit ELF file: damaged");
        }
        return proper;
    }

    private static VcpuState packed(SetupHeader header, KernelFile kernel, BootRequest request)
            throws ConfigurationException {
        KernelFile code = header.protectedModeKernel(kernel);
        long room = Math.max(header.initSize(), code.length());
        request.memory().place("kernel: " + kernel.name(), header.loadAddress(), code.bytes(), room);
        return LinuxBoot.enter(request, header, header.loadAddress() + room, header.loadAddress() + ENTRY_64);
    }
}
