package dev.backplane.x86.system;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.Segmentation;
import dev.backplane.x86.interp.SystemOp;
import dev.backplane.x86.state.Cpu;

/** A system instruction: its operand in ModR/M.rm, and an action. None of them is hot enough for a class of its own. */
final class SysOp extends SystemOp {
    /** What the instruction does; see {@link SystemOp#run}. */
    @FunctionalInterface
    interface Action {
        void run(Cpu c, SysOp op);
    }

    /** ModR/M.reg. */
    final int reg;
    /** ModR/M.rm, if the operand is a register. */
    final int rm;
    /** The operand in ModR/M.rm is in memory. */
    final boolean memory;
    /** Operand size of the instruction. */
    final int bytes;

    private final int memoryBytes;
    private final int segment;
    private final int addressBytes;
    private final boolean stack;
    private final Action action;

    private SysOp(Insn i, int memoryBytes, boolean write, boolean ends, boolean stack, Action action) {
        super(i, memoryBytes, write, ends);
        reg = i.reg;
        rm = i.rm;
        memory = i.memory;
        bytes = i.operandBytes;
        this.memoryBytes = memoryBytes;
        segment = i.segment;
        addressBytes = i.addressBytes;
        this.stack = stack;
        this.action = action;
    }

    /** An instruction that the block goes on behind. */
    static SysOp inline(Insn i, Action action) {
        return new SysOp(i, 0, false, false, false, action);
    }

    /** An instruction that changes what decoded code depends on, or control. */
    static SysOp last(Insn i, Action action) {
        return new SysOp(i, 0, false, true, false, action);
    }

    /** As {@link #last}, and works on the stack. */
    static SysOp lastOnStack(Insn i, Action action) {
        return new SysOp(i, 0, false, true, true, action);
    }

    /** Reads an operand of {@code bytes} from ModR/M.rm. */
    static SysOp reads(Insn i, int bytes, boolean ends, Action action) {
        return new SysOp(i, bytes, false, ends, false, action);
    }

    /** Writes an operand of {@code bytes}, if it is in memory, to ModR/M.rm. */
    static SysOp writes(Insn i, int bytes, Action action) {
        return new SysOp(i, bytes, true, false, false, action);
    }

    @Override
    protected void run(Cpu c) {
        action.run(c, this);
    }

    @Override
    public boolean usesStack() {
        return stack || super.usesStack();
    }

    /** The operand, zero-extended from the size in memory, or from 16 bits if that is its size. */
    long read(Cpu c) {
        if (memory) {
            return c.load(address(c), memoryBytes);
        }
        return memoryBytes == 2 ? c.r[rm] & 0xffff : c.r[rm];
    }

    /** The operand's part at a distance behind its first byte, limit checks included. */
    long readBehind(Cpu c, int distance, int size) {
        return c.load(linear(c, distance, size, false), size);
    }

    /** The operand's linear address whatever its segment allows. */
    long unchecked(Cpu c) {
        return c.linear(segment, offset(c));
    }

    void writeBehind(Cpu c, int distance, int size, long value) {
        c.store(linear(c, distance, size, true), size, value);
    }

    private long linear(Cpu c, int distance, int size, boolean write) {
        return Segmentation.linear(c, segment, Segmentation.truncate(offset(c) + distance, addressBytes), size, write);
    }

    /** Writes the operand: two bytes to memory, or the whole operand size to a register. */
    void write(Cpu c, long value) {
        if (memory) {
            c.store(address(c), memoryBytes, value & (1L << (memoryBytes << 3)) - 1);
        } else {
            setRegister(c, rm, bytes, value);
        }
    }

    static void setRegister(Cpu c, int register, int bytes, long value) {
        c.r[register] = switch (bytes) {
            case 2 -> c.r[register] & ~0xffffL | value & 0xffff;
            case 4 -> value & 0xffff_ffffL;
            default -> value;
        };
    }
}
