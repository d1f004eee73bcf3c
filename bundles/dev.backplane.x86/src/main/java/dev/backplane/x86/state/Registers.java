package dev.backplane.x86.state;

import dev.backplane.x86.fpu.Fpu;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The registers of one virtual processor, as plain fields for the code that executes instructions. Everything is owned by the
 * thread that runs the vCPU; {@link #request} alone is written from other threads, through {@link #raise}.
 */
public abstract class Registers {
    // Bits of the request word.
    /** Somebody wants the vCPU's thread back: the engine returns at the next instruction boundary it polls at. */
    public static final int KICK = 1;
    /** An interrupt controller may have an interrupt: the engine asks {@link Platform#acknowledgeInterrupt()} when it may. */
    public static final int INTERRUPT = 1 << 1;
    /** A non-maskable interrupt is waiting. */
    public static final int NMI = 1 << 2;
    /** Other threads changed memory, mappings or page states: the engine serves the page mailbox before it goes on. */
    public static final int PAGES = 1 << 3;
    /** An access has met a debugger's watchpoint: the engine returns behind the instruction. */
    public static final int WATCHED = 1 << 4;

    private static final VarHandle REQUEST;

    static {
        try {
            REQUEST = MethodHandles.lookup().findVarHandle(Registers.class, "request", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The general registers, indexed by {@link Gpr}. A 32-bit write is stored zero-extended. */
    public final long[] r = new long[Gpr.SLOTS];

    /**
     * The instruction pointer at an instruction boundary: valid whenever the engine is not inside a block, and in operations
     * that derive from {@code SystemOp}, where it points at the instruction itself and {@link #nextRip} behind it.
     */
    public long rip;

    /** See {@link #rip}. */
    public long nextRip;

    // Arithmetic flags, lazily: see resultFlags and the getters. CF and OF are told apart by the carry into the sign.
    /** The last result, sign-extended from its operand size: gives ZF, SF and PF. */
    public long flagResult;

    /** Left operand xor right operand xor result, all sign-extended: bit 4 is AF, bit 63 the carry into the sign. */
    public long flagCarries;

    /** Bit 0 is CF; bits 2 and 7 invert the PF and SF that flagResult gives. */
    public int flagCarry;

    /** All other bits of RFLAGS, with the arithmetic ones zero and bit 1 set. */
    public int systemFlags = 2;

    // Segment registers, indexed by Seg.
    public final int[] selector = new int[Seg.COUNT];
    public final long[] segmentBase = new long[Seg.COUNT];
    /** Limits in bytes, granularity applied: 0 to 0xFFFFFFFF. */
    public final long[] segmentLimit = new long[Seg.COUNT];

    public final int[] segmentAttributes = new int[Seg.COUNT];
    public long gdtBase;
    public int gdtLimit;
    public long idtBase;
    public int idtLimit;

    /** The current privilege level. */
    public int cpl;

    public long cr0;
    public long cr2;
    public long cr3;
    public long cr4;
    public long cr8;

    /** Bits above a linear address: 16, or 7 with 5-level paging. An address shifted left and right by them is itself if canonical. */
    public int canonicalShift = 16;

    /** The same for the widest addresses that the model has, which is what bases in MSRs and table registers are held to. */
    public int widestShift = 16;

    /** The page-directory pointers of PAE paging, which loads of CR3 fetch (SDM volume 3, 5.4.1). */
    public final long[] pointers = new long[4];

    public long xcr0 = 1;
    /** DR0 to DR3, two unused, DR6, DR7. */
    public final long[] dr = new long[8];

    public long efer;
    public long star;
    public long lstar;
    public long cstar;
    public long fmask;
    public long kernelGsBase;
    public long sysenterCs;
    public long sysenterEsp;
    public long sysenterEip;
    public long pat = 0x0007040600070406L;
    public long apicBase;
    public long tscAux;
    public long miscEnable;

    /** XMM0 to XMM15, two longs each, the low one first. */
    public final long[] xmm = new long[32];

    /** The upper halves of YMM0 to YMM15, two longs each, the low one first. */
    public final long[] ymm = new long[32];

    public int mxcsr = 0x1F80;
    /** The x87 unit, whose significands are the MMX registers too. */
    public final Fpu fpu = new Fpu();

    /** Guest instructions executed. Exact whenever the engine is not inside a block. */
    public long instructions;

    /** From this count on, ends of blocks that look at the request word leave to the engine. */
    public long softLimit = Long.MAX_VALUE;

    /** Interrupts and traps are held back for the one instruction after STI, MOV SS or POP SS. */
    public boolean interruptShadow;

    /** The shadow is that of a load of SS, which holds back the traps of breakpoints and TF as well (SDM volume 3, 7.8.3). */
    public boolean stackShadow;
    /** An NMI is being handled: others wait for the next IRET. */
    public boolean nmiMasked;
    /** HLT was executed and nothing has woken the processor since. */
    public boolean halted;
    /** DR7 enables a breakpoint: the engine looks at every instruction. */
    public boolean debugging;
    /** A debugger watches accesses to memory. */
    public boolean watched;
    /** Follows this vCPU, if somebody does. */
    public @Nullable Tracer tracer;
    /** Bits of DR6: data breakpoints that the current instruction has met. */
    public int watchHits;
    /** A string instruction has done an iteration, and more are left: with TF set that is a trap. */
    public boolean iterated;
    /** PAUSE was executed: the engine tells its owner. */
    public boolean paused;
    /** What {@link #request} asked for and could not be served yet (interrupts while IF is 0): the vCPU's own copy. */
    public int pending;

    // The exception that GuestFault carries.
    public int faultVector;
    /** Error code, or -1 for a vector without one. */
    public int faultError;
    /** The #GP comes from a non-canonical address: #SS where it is the stack's. */
    public boolean faultAddress;
    /** The fault belongs to the instruction pointer that is there, not to the instruction that was executed: a task switch went through. */
    public boolean faultSettled;

    /** The linear address that is not canonical. */
    public long faultLinear;

    /** Set from any thread, read at the ends of blocks. */
    public volatile int request;

    private volatile @Nullable Runnable raised;

    private final GuestFault guestFault = new GuestFault();

    // ---- exceptions -------------------------------------------------------------------------------------------------

    /** To be thrown: {@code throw c.fault(Vector.GP, 0)}. For a vector without error code pass -1. */
    public final GuestFault fault(int vector, int errorCode) {
        faultVector = vector;
        faultError = errorCode;
        faultAddress = false;
        faultSettled = false;
        return guestFault;
    }

    /** #UD, to be thrown. */
    public final GuestFault undefined() {
        return fault(Vector.UD, -1);
    }

    /** #PF, to be thrown. Sets CR2. */
    public final GuestFault pageFault(long linear, int errorCode) {
        cr2 = linear;
        return fault(Vector.PF, errorCode);
    }

    /** #GP(0) for an address that is not canonical: the engine makes it #SS(0) where it is the stack's. */
    public final GuestFault addressFault(long linear) {
        GuestFault fault = fault(Vector.GP, 0);
        faultAddress = true;
        faultLinear = linear;
        return fault;
    }

    /** What ends of blocks ask that loops pass through: whether the engine has something to do. */
    public final boolean wanted() {
        return request != 0 || instructions >= softLimit;
    }

    /** Whether any of some bits is set in the request word. */
    public final boolean isRequested(int bits) {
        return (request & bits) != 0;
    }

    /** Sets bits in the request word. Any thread. */
    public final void raise(int bits) {
        REQUEST.getAndBitwiseOr(this, bits);
        Runnable told = raised;
        if (told != null) {
            told.run();
        }
    }

    /** Whom {@link #raise} tells, on its thread, after the bits are set: code that cannot look at {@link #request} itself. */
    public final void whenRaised(Runnable told) {
        raised = told;
    }

    /** Takes what was requested and clears the word. The vCPU's thread. */
    public final int takeRequests() {
        return (int) REQUEST.getAndSet(this, 0);
    }

    // ---- RFLAGS -----------------------------------------------------------------------------------------------------

    public final boolean cf() {
        return (flagCarry & 1) != 0;
    }

    public final boolean zf() {
        return flagResult == 0;
    }

    public final boolean sf() {
        return (flagResult >>> 63 ^ flagCarry >>> 7 & 1) != 0;
    }

    public final boolean of() {
        return (flagCarries >>> 63 ^ flagCarry & 1) != 0;
    }

    public final boolean pf() {
        return ((Long.bitCount(flagResult & 0xFF) ^ flagCarry >>> 2 ^ 1) & 1) != 0;
    }

    public final boolean af() {
        return (flagCarries & Bits.AF) != 0;
    }

    /** Changes CF and leaves the other flags. */
    public final void setCf(int carry) {
        flagCarries ^= (long) (flagCarry ^ carry) << 63;
        flagCarry = flagCarry & ~1 | carry;
    }

    /** RFLAGS with the arithmetic flags worked out. */
    public final int flags() {
        int flags = systemFlags | flagCarry & 1;
        flags |= Long.bitCount(flagResult & 0xFF) << 2 & 4 ^ flagCarry & 4 ^ 4;
        flags |= (int) flagCarries & Bits.AF;
        flags |= flagResult == 0 ? Bits.ZF : 0;
        flags |= (int) (flagResult >>> 63) << 7 ^ flagCarry & Bits.SF;
        flags |= ((int) (flagCarries >>> 63) ^ flagCarry & 1) << 11;
        return flags;
    }

    /**
     * Sets all of RFLAGS without any check. Whoever changes IF, TF, AC or VM ends its block; AC and VM need
     * {@code Cpu.modeChanged()} afterwards.
     */
    public final void setFlags(int flags) {
        systemFlags = flags & ~Bits.ARITHMETIC | 2;
        setArithmeticFlags(flags);
    }

    /** Sets CF, PF, AF, ZF, SF and OF and leaves the other flags. */
    public final void setArithmeticFlags(int flags) {
        int carry = flags & 1;
        // A result of 0 or 1 has SF 0; 0 has even parity, 1 odd. The differences are inversions.
        boolean zero = (flags & Bits.ZF) != 0;
        flagResult = zero ? 0 : 1;
        int parity = (flags & Bits.PF) ^ (zero ? Bits.PF : 0);
        flagCarry = carry | parity | flags & Bits.SF;
        flagCarries = flags & Bits.AF | (long) (flags >>> 11 ^ carry) << 63;
    }

    /** CF, AF and OF become 0; ZF, SF and PF follow the result, which is sign-extended from its size. */
    public final void logicFlags(long result) {
        flagResult = result;
        flagCarries = 0;
        flagCarry = 0;
    }

    /** Sets the six flags from a result and both operands, all sign-extended from their size, and the carry out of it. */
    public final void arithmeticFlags(long left, long right, long result, int carry) {
        flagResult = result;
        flagCarries = left ^ right ^ result;
        flagCarry = carry;
    }
}
