package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.fpu.X87Traps;
import dev.backplane.x86.interp.MemOp;
import dev.backplane.x86.state.Cpu;

/** An operation on an MMX register whose source is another one or memory. REX bits do not extend their numbers. */
abstract class MmxOp extends MemOp {
    /** The register in ModRM.reg. */
    final int d;

    /** The register in ModRM.rm. */
    final int s;

    private final boolean memory;
    private final int bytes;

    MmxOp(Insn i) {
        this(i, i.opcode.memoryBytes());
    }

    MmxOp(Insn i, int bytes) {
        super(i, bytes, false);
        d = i.reg & 7;
        s = i.rm & 7;
        memory = i.memory;
        this.bytes = bytes;
    }

    /** Reports a pending x87 exception, then reads the source operand. Nothing can fault any more behind this. */
    final long fetch(Cpu c) {
        X87Traps.check(c);
        return memory ? c.load(address(c), bytes) : c.fpu.significand[s];
    }

    /** Switches the registers to MMX and writes the destination. */
    final void write(Cpu c, long value) {
        c.fpu.enterMmx();
        c.fpu.writeMmx(d, value);
    }
}
