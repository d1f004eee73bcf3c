package dev.backplane.x86.oracle;

/**
 * What the file that the test and {@link SiliconProgram} share holds, and where the program maps its parts: the cases, two pages
 * of code, and pages of data in a desert of unmapped addresses. The interpreter's page tables map the same.
 */
final class SiliconLayout {
    /** Number of cases, at 8 the index of the current one, then from {@link #SLOTS} on the cases. */
    static final int SHARED = 0x1000_0000;

    static final int SLOTS = 64;
    static final int SLOT_BYTES = 0x1800;
    static final int BATCH = 256;

    // Offsets in a case: what goes in,
    static final int IN_GPR = 0;
    /** RIP, CS, RFLAGS, RSP, SS. */
    static final int IN_FRAME = 128;

    /** {@link #SEGMENTS}. */
    static final int IN_OPTIONS = 168;

    /** Selector for DS and ES. */
    static final int IN_DATA_SEGMENT = 176;

    static final int IN_FX = 192;
    static final int IN_MEMORY = IN_FX + 512;
    // and what comes out.
    /** As in Linux's sigcontext: r8 to r15, di, si, bp, bx, dx, ax, cx, sp, ip, flags, segments, error, vector, mask, CR2. */
    static final int OUT_REGISTERS = IN_MEMORY + 2048;

    static final int REGISTERS = 23;
    /** DS, ES, FS and GS. */
    static final int OUT_SEGMENTS = OUT_REGISTERS + 8 * REGISTERS;

    static final int OUT_FX = OUT_SEGMENTS + 8;
    /** In the standard form of XSAVE, header and upper halves of YMM registers follow the FXSAVE image. */
    static final int OUT_FX_BYTES = 512 + 64 + 256;

    static final int OUT_MEMORY = OUT_FX + OUT_FX_BYTES;
    /** What goes in: the upper halves of YMM0 to YMM15. */
    static final int IN_YMM = OUT_MEMORY + 2048;

    /** Option: the case may load data segments or change their bases, which are put back after it. */
    static final int SEGMENTS = 1;

    /** Two pages of code, readable. */
    static final long CODE = 0x2000_0000L;

    static final int CODE_BYTES = 0x2000;
    static final int CODE_OFFSET = SLOTS + BATCH * SLOT_BYTES + 0xFFF & -4096;

    /** Two pages of data, writable, unmapped ones around; at {@link #ALONE} and {@link #ALONE} * 2 each of them by itself. */
    static final long DATA = 0x3000_0000L;

    static final int PAGE = 0x1000;
    static final int ALONE = 0x1_0000;
    static final int DATA_OFFSET = CODE_OFFSET + CODE_BYTES;

    /** The same pages, beyond 32 bits. */
    static final long HIGH_DATA = 0x5A5A_3000_0000L;

    /** A page that can only be read. */
    static final long CONSTANT = 0x3000_8000L;

    static final int CONSTANT_OFFSET = DATA_OFFSET + 2 * PAGE;
    static final int FILE_BYTES = CONSTANT_OFFSET + PAGE;

    /** What a case may find and change: the middle of the two pages of data. */
    static final long WINDOW = DATA + 0xC00;

    static final int WINDOW_BYTES = 2048;

    static final long FS_BASE = DATA + 0xD38;
    static final long GS_BASE = HIGH_DATA + 0xD08;

    private SiliconLayout() {}
}
