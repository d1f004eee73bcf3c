package dev.backplane.x86.fpu;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.MemOp;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/** FLDENV, FNSTENV, FRSTOR and FNSAVE: the environment, and behind it ST(0) to ST(7) in ten bytes each. */
final class X87StateOps {
    private static final int REGISTER_BYTES = 10;
    private static final int ALL_REGISTERS = 8 * REGISTER_BYTES;

    private X87StateOps() {}

    /** The size of an environment field. */
    private static int fieldBytes(Insn i) {
        return i.operandBytes == 2 ? 2 : 4;
    }

    private static int imageBytes(Insn i, boolean registers) {
        return FpuEnvironment.FIELDS * fieldBytes(i) + (registers ? ALL_REGISTERS : 0);
    }

    /** FLDENV, or FRSTOR with the registers. */
    static final class Load extends MemOp {
        private final boolean registers;
        private final int fieldBytes;
        private final int bytes;

        Load(Insn i, boolean registers) {
            super(i, imageBytes(i, registers), false);
            this.registers = registers;
            fieldBytes = fieldBytes(i);
            bytes = imageBytes(i, registers);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            X87Traps.check(c);
            long address = address(c);
            c.mmu.checkAlignment(address, fieldBytes);
            c.probeRead(address, bytes);
            boolean real = !c.protectedMode();
            for (int n = 0; n < FpuEnvironment.FIELDS; n++) {
                int value = (int) c.load(address, fieldBytes);
                FpuEnvironment.load(c.fpu, n, value, fieldBytes == 4, real);
                address += fieldBytes;
            }
            for (int n = 0; registers && n < 8; n++) {
                c.fpu.restore(n, c.mmu.loadPart(address, 8), (int) c.mmu.loadPart(address + 8, 2));
                address += REGISTER_BYTES;
            }
            return next;
        }
    }

    /** FNSTENV, which masks all exceptions afterwards, or FNSAVE, which initialises the unit. */
    static final class Store extends MemOp {
        private final boolean registers;
        private final int fieldBytes;
        private final int bytes;

        Store(Insn i, boolean registers) {
            super(i, imageBytes(i, registers), true);
            this.registers = registers;
            fieldBytes = fieldBytes(i);
            bytes = imageBytes(i, registers);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long address = address(c);
            c.mmu.checkAlignment(address, fieldBytes);
            c.probeWrite(address, bytes);
            boolean real = !c.protectedMode();
            for (int n = 0; n < FpuEnvironment.FIELDS; n++) {
                int value = FpuEnvironment.field(c.fpu, n, fieldBytes == 4, real);
                c.store(address, fieldBytes, fieldBytes == 4 ? value & 0xFFFF_FFFFL : value & 0xFFFF);
                address += fieldBytes;
            }
            if (!registers) {
                c.fpu.loadControl(c.fpu.control | 0x3F);
                return next;
            }
            for (int n = 0; n < 8; n++) {
                c.mmu.storePart(address, 8, c.fpu.significand(n));
                c.mmu.storePart(address + 8, 2, c.fpu.signExponent(n));
                address += REGISTER_BYTES;
            }
            c.fpu.initialise();
            return next;
        }
    }
}
