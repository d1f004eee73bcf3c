package dev.backplane.x86.fpu;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.MemOp;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Vector;
import org.jspecify.annotations.Nullable;

/** The x87 instructions as operations: waiting, last instruction and operand, memory. */
final class X87Ops {
    private X87Ops() {}

    /** Any instruction between registers but FNSTSW AX. */
    static final class Register extends Op {
        private final int escape;
        private final int modrm;
        private final boolean control;
        private final boolean usesFlags;

        Register(int escape, int modrm) {
            this.escape = escape;
            this.modrm = modrm;
            control = FpuRegisterForms.isControl(escape, modrm);
            usesFlags = FpuRegisterForms.usesFlags(escape, modrm);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            if (!control) {
                X87Traps.check(c);
                c.fpu.at(rip(c), escape << 8 | modrm);
            }
            if (usesFlags) {
                int flags = c.flags();
                int after = (int) FpuRegisterForms.execute(c.fpu, escape, modrm, flags);
                if (after != flags) {
                    c.setArithmeticFlags(after);
                }
            } else {
                FpuRegisterForms.execute(c.fpu, escape, modrm, 0);
            }
            return next;
        }
    }

    /** FNSTSW AX. */
    static final class StatusToAx extends Op {
        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[Gpr.RAX] = c.r[Gpr.RAX] & ~0xFFFFL | c.fpu.status;
            return next;
        }
    }

    /** FWAIT, which CR0.TS stops only together with CR0.MP. */
    static final class Wait extends Op {
        private static final long STOPS = Bits.CR0_TS | Bits.CR0_MP;

        @Override
        public @Nullable Op exec(Cpu c) {
            if ((c.cr0 & STOPS) == STOPS) {
                throw c.fault(Vector.NM, -1);
            }
            X87Traps.check(c);
            return next;
        }
    }

    /** An instruction whose operand is a number in memory. */
    static final class Load extends MemOp {
        private final int form;
        private final int bytes;
        private final int opcode;

        Load(Insn i, int form) {
            super(i, FpuMemoryForms.loadBytes(form), false);
            this.form = form;
            bytes = FpuMemoryForms.loadBytes(form);
            opcode = (i.opcodeByte & 7) << 8 | i.modrm;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            X87Traps.check(c);
            long address = address(c);
            long low = c.load(address, Math.min(bytes, 8));
            int high = bytes == 10 ? (int) c.load16(address + 8) : 0;
            c.fpu.at(rip(c), opcode);
            c.fpu.dataPointer = offset(c);
            FpuMemoryForms.load(c.fpu, form, low, high);
            return next;
        }
    }

    /** An instruction that stores a number. */
    static final class Store extends MemOp {
        private final int form;
        private final int bytes;
        private final int opcode;

        Store(Insn i, int form) {
            super(i, FpuMemoryForms.storeBytes(form), true);
            this.form = form;
            bytes = FpuMemoryForms.storeBytes(form);
            opcode = (i.opcodeByte & 7) << 8 | i.modrm;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            X87Traps.check(c);
            long address = address(c);
            boolean write = FpuMemoryForms.prepareStore(c.fpu, form);
            if (write) {
                write(c, address);
            }
            c.fpu.at(rip(c), opcode);
            c.fpu.dataPointer = offset(c);
            FpuMemoryForms.commitStore(c.fpu, form, write);
            return next;
        }

        private void write(Cpu c, long address) {
            if (bytes == 10) {
                c.mmu.checkAlignment(address, 8);
                c.probeWrite(address, 10);
                c.store64(address, c.fpu.storeLow());
                c.store16(address + 8, c.fpu.storeHigh());
            } else {
                c.store(address, bytes, c.fpu.storeLow());
            }
        }
    }

    /** FLDCW. */
    static final class LoadControl extends MemOp {
        LoadControl(Insn i) {
            super(i, 2, false);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            X87Traps.check(c);
            c.fpu.loadControl((int) c.load16(address(c)));
            return next;
        }
    }

    /** FNSTCW and FNSTSW. */
    static final class StoreWord extends MemOp {
        private final boolean status;

        StoreWord(Insn i, boolean status) {
            super(i, 2, true);
            this.status = status;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.store16(address(c), status ? c.fpu.status : c.fpu.control);
            return next;
        }
    }
}
