package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.part.ConfigurationException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The setup header of a Linux kernel (Documentation/arch/x86/boot.rst), checked.
 *
 * @param bytes the header itself, from 0x1f1 on
 * @param protectedMode where the protected-mode part begins in the file
 * @param protectedModeBytes how long it is
 * @param payloadOffset where the packed kernel is in that part
 * @param payloadBytes how long it is
 * @param loadAddress where the kernel wants to be
 * @param initSize how much memory it needs from there on until it has found the memory map
 * @param initrdMost the highest address of an initial RAM disk
 * @param cmdlineMost how long the command line may be, without its end
 */
record SetupHeader(
        byte[] bytes,
        long protectedMode,
        long protectedModeBytes,
        long payloadOffset,
        long payloadBytes,
        long loadAddress,
        long initSize,
        long initrdMost,
        long cmdlineMost) {
    /** Where the header is, in the file as in boot_params. */
    static final int OFFSET = 0x1f1;

    /** Where it must have ended: boot_params goes on with something else there. */
    private static final int LIMIT = 0x290;

    private static final long MAGIC = 0x5372_6448;
    private static final int BOOT_FLAG = 0xaa55;
    private static final int SECTOR = 512;
    private static final int PARAGRAPH = 16;
    /** 2.12 (Linux 3.8) brought the 64-bit entry point's flag. */
    private static final int OLDEST = 0x020c;

    /** What every kernel before 2.06 took. */
    private static final int SHORTEST_CMDLINE = 255;

    private static final int LOADED_HIGH = 1;
    private static final int XLF_KERNEL_64 = 1;
    private static final long FOUR_GIB = 1L << 32;

    static boolean isThere(KernelFile file) {
        return file.u32(0x202) == MAGIC && file.u16(0x1fe) == BOOT_FLAG;
    }

    static SetupHeader parse(KernelFile file) throws ConfigurationException {
        int version = file.u16(0x206);
        if (version < OLDEST) {
            throw file.broken("boot protocol %d.%d: too old: Linux 3.8 or newer is needed (2.12)"
                    .formatted(version >>> 8, version & 0xff));
        }
        int headerEnd = 0x202 + file.u8(0x201);
        if (headerEnd < 0x268 || headerEnd > LIMIT) {
            throw file.broken("setup header ends at 0x%x: expected 0x268 to 0x%x: damaged".formatted(headerEnd, LIMIT));
        }
        if ((file.u8(0x211) & LOADED_HIGH) == 0) {
            throw file.broken("a zImage, to be loaded low: only bzImage is supported");
        }
        if ((file.u16(0x236) & XLF_KERNEL_64) == 0) {
            throw file.broken("no 64-bit entry point: a 32-bit kernel: use one for x86-64");
        }
        long protectedMode = ((file.u8(OFFSET) == 0 ? 4 : file.u8(OFFSET)) + 1L) * SECTOR;
        KernelFile code = file.slice("protected-mode kernel", protectedMode, file.u32(0x1f4) * PARAGRAPH);
        long loadAddress = file.u64(0x258);
        long initSize = file.u32(0x260);
        if (loadAddress < 0 || loadAddress > FOUR_GIB - initSize || initSize == 0) {
            throw file.broken("load address 0x%x, init_size 0x%x for 0x%x bytes of kernel: damaged"
                    .formatted(loadAddress, initSize, code.length()));
        }
        long cmdlineMost = file.u32(0x238);
        if (cmdlineMost < SHORTEST_CMDLINE) {
            throw file.broken(
                    "cmdline_size %d: expected at least %d: damaged".formatted(cmdlineMost, SHORTEST_CMDLINE));
        }
        long payloadOffset = file.u32(0x248);
        long payloadBytes = file.u32(0x24c);
        code.slice("payload", payloadOffset, payloadBytes);
        return new SetupHeader(
                file.slice("setup header", OFFSET, headerEnd - OFFSET).bytes().toArray(ValueLayout.JAVA_BYTE),
                protectedMode,
                code.length(),
                payloadOffset,
                payloadBytes,
                loadAddress,
                initSize,
                file.u32(0x22c),
                cmdlineMost);
    }

    /** What a kernel without a header is told: as much as Linux itself looks at. */
    static SetupHeader none(long loadAddress) {
        ByteBuffer header = ByteBuffer.allocate(0x26c - OFFSET).order(ByteOrder.LITTLE_ENDIAN);
        header.putShort(0x1fe - OFFSET, (short) BOOT_FLAG);
        header.putInt(0x202 - OFFSET, (int) MAGIC);
        header.putShort(0x206 - OFFSET, (short) 0x20f);
        header.put(0x211 - OFFSET, (byte) LOADED_HIGH);
        header.putInt(0x230 - OFFSET, 0x20_0000);
        return new SetupHeader(header.array(), 0, 0, 0, 0, loadAddress, 0, 0x7fff_ffffL, 2047);
    }

    KernelFile protectedModeKernel(KernelFile file) {
        MemorySegment code = file.bytes().asSlice(protectedMode, protectedModeBytes);
        return new KernelFile(file.name(), code);
    }

    KernelFile payload(KernelFile file) {
        MemorySegment code = file.bytes().asSlice(protectedMode + payloadOffset, payloadBytes);
        return new KernelFile(file.name(), code);
    }
}
