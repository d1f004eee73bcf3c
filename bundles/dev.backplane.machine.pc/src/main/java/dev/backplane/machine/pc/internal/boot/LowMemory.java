package dev.backplane.machine.pc.internal.boot;

/** Where loaders put their own tables: all below the kernels, none of it kept once the kernel has read it. */
final class LowMemory {
    /** Segment descriptors, see {@link Gdt}. */
    static final long GDT = 0x1000;

    /** Linux's boot_params, the "zero page": 4 KiB. */
    static final long BOOT_PARAMS = 0x2000;

    /** PVH's hvm_start_info and multiboot's information structure, with their lists behind: 4 KiB. */
    static final long START_INFO = 0x3000;

    /** Identity-mapping page tables: 24 KiB. */
    static final long PAGE_TABLES = 0x4000;

    /** Where a boot sector goes. */
    static final long BOOT_SECTOR = 0x7c00;

    /** A stack that grows down from here, for kernels that do not bring one along at once. */
    static final long STACK_TOP = 0x1_0000;

    /** The command line and those of modules: up to 64 KiB with their ends. */
    static final long COMMAND_LINE = 0x2_0000;

    /** How many bytes there are for command lines. */
    static final int COMMAND_LINE_BYTES = 0x1_0000;

    private LowMemory() {}
}
