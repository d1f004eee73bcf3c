package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.MemOp;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Vector;

/**
 * An operation of AVX: a destination, a first source in VEX.vvvv, and a second one in a register or memory, of 16 or 32 bytes.
 * Registers are named by the index of their low quadword in {@code Cpu.xmm}, and of their third one in {@code Cpu.ymm}.
 */
abstract class VexOp extends MemOp {
    /** The register in ModRM.reg, which is the destination of most. */
    final int d;

    /** The register in VEX.vvvv. */
    final int h;

    /** The register in ModRM.rm. */
    final int s;

    /** Vectors of 32 bytes. */
    final boolean wide;

    final boolean memory;
    final int immediate;
    private final int bytes;
    private final boolean aligned;

    // The second source after fetch: quadwords from the low one up. Of a short memory operand the rest is zero.
    long b0;
    long b1;
    long b2;
    long b3;

    VexOp(Insn i) {
        this(i, i.opcode.memoryBytes(), false, false);
    }

    VexOp(Insn i, int bytes, boolean write, boolean aligned) {
        super(i, bytes, write);
        d = i.reg << 1;
        h = i.vvvv << 1;
        s = i.rm << 1;
        wide = i.vectorBytes == 32;
        memory = i.memory;
        immediate = (int) i.immediate & 0xFF;
        this.bytes = bytes;
        this.aligned = aligned;
    }

    /** The operand's address; #GP(0) where it has to be aligned and is not. */
    final long place(Cpu c) {
        long address = address(c);
        if (aligned && (address & bytes - 1) != 0) {
            throw c.fault(Vector.GP, 0);
        }
        return address;
    }

    /** Reads the second source. */
    final void fetch(Cpu c) {
        if (memory) {
            load(c);
            return;
        }
        b0 = c.xmm[s];
        b1 = c.xmm[s + 1];
        b2 = c.ymm[s];
        b3 = c.ymm[s + 1];
    }

    private void load(Cpu c) {
        long address = place(c);
        if (bytes < 16) {
            b0 = c.load(address, bytes);
            b1 = 0;
        } else {
            b0 = c.loadHalf(address);
            b1 = c.loadHalf(address + 8);
        }
        if (bytes == 32) {
            b2 = c.loadHalf(address + 16);
            b3 = c.loadHalf(address + 24);
        } else {
            b2 = 0;
            b3 = 0;
        }
    }

    /** Writes a register of 16 bytes; its upper half becomes zero. */
    static void write(Cpu c, int register, long low, long high) {
        write(c, register, low, high, 0, 0);
    }

    /** Writes a register. */
    static void write(Cpu c, int register, long q0, long q1, long q2, long q3) {
        c.xmm[register] = q0;
        c.xmm[register + 1] = q1;
        c.ymm[register] = q2;
        c.ymm[register + 1] = q3;
    }
}
