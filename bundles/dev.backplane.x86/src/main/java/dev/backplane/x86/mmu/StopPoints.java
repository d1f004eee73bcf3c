package dev.backplane.x86.mmu;

import dev.backplane.x86.state.Registers;

/**
 * A debugger's break- and watchpoints, which the guest cannot see. Blocks have an operation of their own before an instruction
 * with a breakpoint; pages with watched bytes have no TLB entries, so that every access to them comes by here. Without points
 * nothing of this is ever called. Changed while the vCPU does not run.
 */
public final class StopPoints {
    /** Accesses that a watchpoint is for. */
    public static final int READ = 1;

    public static final int WRITE = 2;

    private final Registers c;
    private long[] code = {};
    private long[] from = {};
    private int[] length = {};
    private int[] kinds = {};

    /** The watchpoint that an access of the current instruction has met first; -1 for none. */
    private int hit = -1;

    private long hitAddress;

    StopPoints(Registers c) {
        this.c = c;
    }

    /** Replaces all points. {@code kinds} has {@link #READ} and {@link #WRITE} for each watched range. */
    public void set(long[] instructions, long[] watched, int[] lengths, int[] accesses) {
        code = instructions.clone();
        from = watched.clone();
        length = lengths.clone();
        kinds = accesses.clone();
        hit = -1;
        c.watched = watched.length > 0;
    }

    /** Whether there are breakpoints. */
    public boolean any() {
        return code.length > 0;
    }

    /** Whether there is a breakpoint at a linear address. */
    public boolean executes(long linear) {
        for (long address : code) {
            if (address == linear) {
                return true;
            }
        }
        return false;
    }

    /** Whether there may be one at an offset in some page: code is decoded for all addresses that its page is mapped to. */
    public boolean executesAt(int offsetInPage) {
        for (long address : code) {
            if ((int) (address & GuestRam.PAGE_BYTES - 1) == offsetInPage) {
                return true;
            }
        }
        return false;
    }

    /** Whether the instruction in progress has met a watchpoint. */
    public boolean met() {
        return hit >= 0;
    }

    /** Which one, as an index into what {@link #set} got. */
    public int met(boolean forget) {
        int which = hit;
        hit = forget ? -1 : which;
        return which;
    }

    /** The address of the access that met it. */
    public long metAddress() {
        return hitAddress;
    }

    /** The instruction did not happen. */
    public void forget() {
        hit = -1;
    }

    void access(long linear, int size, boolean write) {
        int access = write ? WRITE : READ;
        for (int n = 0; n < from.length; n++) {
            if ((kinds[n] & access) != 0 && linear - from[n] < length[n] && from[n] - linear < size && hit < 0) {
                hit = n;
                hitAddress = Long.compareUnsigned(linear, from[n]) > 0 ? linear : from[n];
                c.raise(Registers.WATCHED);
            }
        }
    }

    boolean watches(long linear) {
        long page = linear & -GuestRam.PAGE_BYTES;
        for (int n = 0; n < from.length; n++) {
            if (page - from[n] < length[n] && from[n] - page < GuestRam.PAGE_BYTES) {
                return true;
            }
        }
        return false;
    }
}
