package dev.backplane.x86.fpu;

import dev.backplane.x86.internal.softfloat.Exceptions;
import java.util.Arrays;

/**
 * The x87 state of one virtual CPU: eight registers, control and status word, which registers are in use, and where the
 * last instruction was (SDM volume 1, 8.1). The fields hold physical registers, MMX register i among them as {@code
 * significand[i]}; the methods speak of ST(0) to ST(7). Only the virtual CPU's thread uses it; nothing allocates.
 */
public final class Fpu {
    private static final int TOP_SHIFT = 11;
    private static final int TOP = 7 << TOP_SHIFT;
    private static final int ALL_VALID = 0xFF;

    /** Significands of the physical registers R0 to R7. */
    public final long[] significand = new long[8];

    /** Sign (bit 15) and biased exponent of the physical registers. */
    public final int[] signExponent = new int[8];

    /** Control word. Set it through {@link #loadControl} where exceptions may become pending. */
    public int control;

    /** Status word; TOP in bits 11-13. */
    public int status;

    /** Bit i is set when physical register i is not empty: FXSAVE's abridged tags. */
    public int valid;

    /** The low 11 bits of the last non-control instruction's opcode. */
    public int opcode;

    /** The address of the last non-control instruction. */
    public long instructionPointer;

    /** The address of the last memory operand. */
    public long dataPointer;

    /** CS of the last non-control instruction, where an image has room for it. */
    public int instructionSelector;

    /** The segment of the last memory operand, where an image has room for it. */
    public int dataSelector;

    /** The result of the operation at work. */
    final Extended x = new Extended();

    /** The second result of an operation that has two. */
    final Extended second = new Extended();

    /** The transcendental functions. */
    final Elementary elementary = new Elementary();

    /** What a store instruction wants to write: all of it, or the low eight bytes of ten. */
    long storeLow;

    /** The high two bytes of a ten-byte store. */
    int storeHigh;

    /** A unit as FNINIT leaves it, with zeros in the registers. */
    public Fpu() {
        initialise();
    }

    /** FNINIT: everything but the registers' contents. */
    public void initialise() {
        control = X87.INITIAL_CONTROL;
        status = 0;
        valid = 0;
        opcode = 0;
        instructionPointer = 0;
        dataPointer = 0;
        instructionSelector = 0;
        dataSelector = 0;
    }

    /** Back to what a new unit holds: what XRSTOR does with a component that its image does not have. */
    public void reset() {
        initialise();
        Arrays.fill(significand, 0);
        Arrays.fill(signExponent, 0);
    }

    /** Whether an unmasked exception waits to be reported (#MF) by the next waiting instruction. */
    public boolean isExceptionPending() {
        return (status & X87.SUMMARY) != 0;
    }

    /** FNCLEX: forgets exceptions, stack fault and summary. */
    public void clearExceptions() {
        status &= X87.CONDITION_CODES | TOP;
    }

    /** FLDCW. An exception flag that the new word does not mask becomes pending. */
    public void loadControl(int word) {
        control = word & 0x1F3F | 0x40;
        summarise();
    }

    /** Sets the status word; summary and busy are derived from the exceptions and the control word. */
    public void loadStatus(int word) {
        status = word & 0xFFFF;
        summarise();
    }

    /** Notes where a non-control instruction is, for FNSTENV and its kin. */
    public void at(long address, int opcodeBits) {
        instructionPointer = address;
        opcode = opcodeBits & 0x7FF;
    }

    /** Writes an MMX register, whose sign and exponent become ones. {@link #enterMmx} comes first. */
    public void writeMmx(int register, long value) {
        significand[register] = value;
        signExponent[register] = 0xFFFF;
    }

    /** What every MMX instruction but EMMS does first: TOP becomes zero, all registers are in use. */
    public void enterMmx() {
        status &= ~TOP;
        valid = ALL_VALID;
    }

    /** What is left of {@link #enterMmx} where an MMX instruction's store faults: TOP is zero. */
    public void beginMmxStore() {
        status &= ~TOP;
    }

    /** EMMS: all registers are empty. */
    public void leaveMmx() {
        status &= ~TOP;
        valid = 0;
    }

    /** After {@link FpuMemoryForms#prepareStore}: the value to write, or its low eight bytes. */
    public long storeLow() {
        return storeLow;
    }

    /** After {@link FpuMemoryForms#prepareStore} of a ten-byte form: the high two bytes to write. */
    public int storeHigh() {
        return storeHigh;
    }

    /** The physical number of ST(index). */
    int physical(int index) {
        return (status >> TOP_SHIFT) + index & 7;
    }

    /** The significand of ST(index), whether or not it is empty. */
    long significand(int index) {
        return significand[physical(index)];
    }

    /** Sign and biased exponent of ST(index), whether or not it is empty. */
    int signExponent(int index) {
        return signExponent[physical(index)];
    }

    /** Whether ST(index) is empty. */
    boolean isEmpty(int index) {
        return (valid >> physical(index) & 1) == 0;
    }

    /** Writes ST(index) and marks it as in use. */
    void put(int index, long newSignificand, int newSignExponent) {
        int register = physical(index);
        significand[register] = newSignificand;
        signExponent[register] = newSignExponent;
        valid |= 1 << register;
    }

    /** Writes the contents of ST(index) without touching its tag, for restoring images. */
    void restore(int index, long newSignificand, int newSignExponent) {
        int register = physical(index);
        significand[register] = newSignificand;
        signExponent[register] = newSignExponent & 0xFFFF;
    }

    /** FFREE. */
    void free(int index) {
        valid &= ~(1 << physical(index));
        clear(X87.C1);
    }

    void pop() {
        valid &= ~(1 << physical(0));
        turn(1);
    }

    /** Makes room for a new ST(0), which is written next. */
    void push() {
        turn(-1);
    }

    /** FINCSTP or FDECSTP: turns the stack without touching tags. */
    void rotate(int by) {
        turn(by);
        clear(X87.C1);
    }

    private void turn(int by) {
        status = status & ~TOP | status + (by << TOP_SHIFT) & TOP;
    }

    /** Begins an operation on {@link #x}. */
    void begin() {
        x.begin(control);
    }

    /** Ends an operation: its exceptions and C1 enter the status word. Returns whether its result may be stored. */
    boolean finish() {
        clear(X87.C1);
        set(x.roundedUp ? X87.C1 : 0);
        return finishKeepingC1();
    }

    /** As {@link #finish}, for the operations that say nothing about C1. */
    boolean finishKeepingC1() {
        status |= x.raised;
        summarise();
        return !x.stopped();
    }

    /**
     * A stack overflow or underflow. Returns whether it is masked, that is, whether the default NaN takes the result's
     * place, which {@link #x} then holds.
     */
    boolean stackFault(boolean overflow) {
        begin();
        x.invalid();
        x.roundedUp = overflow;
        status |= X87.STACK_FAULT;
        return finish();
    }

    void clear(int statusBits) {
        status &= ~statusBits;
    }

    void set(int statusBits) {
        status |= statusBits;
    }

    private void summarise() {
        if ((status & ~control & Exceptions.ALL) != 0) {
            status |= X87.SUMMARY | X87.BUSY;
        } else {
            status &= ~(X87.SUMMARY | X87.BUSY);
        }
    }
}
