package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;

/** An operation with an operand in memory. {@link #address} gives its linear address, segment rules applied. */
public abstract class MemOp extends Op {
    private final int base;
    private final int index;
    private final int scale;
    private long displacement;
    private final int segment;
    private final boolean plain;
    private final boolean ripRelative;
    private final int addressBytes;
    private final int size;
    private final boolean write;

    /** @param size bytes accessed, for the limit check; {@code write} whether the operand is written */
    protected MemOp(Insn i, int size, boolean write) {
        base = i.base;
        index = i.index;
        scale = i.scale;
        displacement = i.displacement;
        segment = i.segment;
        ripRelative = i.base == Gpr.IP;
        addressBytes = i.addressBytes;
        plain = i.mode == Cpu.CODE64 && i.addressBytes == 8 && segment != Seg.FS && segment != Seg.GS;
        this.size = size;
        this.write = write;
    }

    /** The operand of another operation, which is placed already. */
    MemOp(MemOp other) {
        base = other.base;
        index = other.index;
        scale = other.scale;
        displacement = other.displacement;
        segment = other.segment;
        plain = other.plain;
        ripRelative = false;
        addressBytes = other.addressBytes;
        size = other.size;
        write = other.write;
    }

    /** The operand's linear address. Throws #GP or #SS where a segment forbids the access (not in 64-bit mode). */
    public final long address(Cpu c) {
        long[] r = c.r;
        long offset = r[base] + (r[index] << scale) + displacement;
        return plain ? offset : segmented(c, offset);
    }

    /** The linear address a distance away from the operand's: bit tests reach that far. */
    public final long address(Cpu c, long distance) {
        long[] r = c.r;
        long offset = r[base] + (r[index] << scale) + displacement + distance;
        return plain ? offset : segmented(c, offset);
    }

    /** Base, index and displacement added up, for 64-bit address size. */
    final long effective(Cpu c) {
        long[] r = c.r;
        return r[base] + (r[index] << scale) + displacement;
    }

    /** The same for an operand without index. */
    final long unindexed(Cpu c) {
        return c.r[base] + displacement;
    }

    /** The operand's offset in its segment, as LEA computes it. */
    public final long offset(Cpu c) {
        long[] r = c.r;
        long offset = r[base] + (r[index] << scale) + displacement;
        return Segmentation.truncate(offset, addressBytes);
    }

    private long segmented(Cpu c, long offset) {
        if (c.long64 && addressBytes == 8) {
            return offset + c.segmentBase[segment];
        }
        long truncated = Segmentation.truncate(offset, addressBytes);
        return Segmentation.linear(c, segment, truncated, size, write);
    }

    @Override
    public boolean usesStack() {
        return segment == Seg.SS;
    }

    /** Adds the instruction's place to a RIP-relative displacement. Called by the block builder after {@link #place}. */
    final void settle() {
        if (ripRelative) {
            displacement += offset;
        }
    }
}
