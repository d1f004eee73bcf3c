package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.MemOp;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Vector;

/**
 * An operation on an XMM register whose source is another one or memory. Registers are named by the index of their low
 * half in {@code Cpu.xmm}.
 */
abstract class XmmOp extends MemOp {
    /** The register in ModRM.reg. */
    final int d;

    /** The register in ModRM.rm. */
    final int s;

    private final boolean memory;
    private final int bytes;
    private final boolean aligned;

    /** The source operand after {@link #fetch}; of a short memory operand the upper part is zero. */
    long low;

    /** The upper half of the source operand. */
    long high;

    /** An operation that reads its ModRM.rm operand; one of 16 bytes in memory has to be aligned. */
    XmmOp(Insn i) {
        this(i, i.opcode.memoryBytes(), true);
    }

    XmmOp(Insn i, int bytes, boolean aligned) {
        super(i, bytes, false);
        d = i.reg << 1;
        s = i.rm << 1;
        memory = i.memory;
        this.bytes = bytes;
        this.aligned = aligned;
    }

    /** Reads the source operand. */
    final void fetch(Cpu c) {
        if (memory) {
            load(c);
        } else {
            low = c.xmm[s];
            high = c.xmm[s + 1];
        }
    }

    private void load(Cpu c) {
        long address = address(c);
        if (bytes == 16) {
            if (aligned && (address & 15) != 0) {
                throw c.fault(Vector.GP, 0);
            }
            low = c.loadHalf(address);
            high = c.loadHalf(address + 8);
        } else {
            low = c.load(address, bytes);
            high = 0;
        }
    }
}
