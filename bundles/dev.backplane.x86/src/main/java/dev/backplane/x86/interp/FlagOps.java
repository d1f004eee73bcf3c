package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Vector;
import org.jspecify.annotations.Nullable;

/** Instructions that set or store single flags or RFLAGS, and SETcc. */
final class FlagOps {
    private FlagOps() {}

    static Op simple(Insn i) {
        return new Simple(i.mnemonic());
    }

    static Op setcc(Insn i) {
        return new Setcc(i);
    }

    static Op pushf(Insn i) {
        return new Pushf(i);
    }

    static Op popf(Insn i) {
        return new Popf(i);
    }

    static Op cli(Insn i) {
        return new Cli();
    }

    static Op sti(Insn i) {
        return new Sti(i);
    }

    private static final class Simple extends Op {
        private final Mnemonic mnemonic;

        Simple(Mnemonic mnemonic) {
            this.mnemonic = mnemonic;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            switch (mnemonic) {
                case CLC -> c.setCf(0);
                case STC -> c.setCf(1);
                case CMC -> c.setCf(c.flagCarry & 1 ^ 1);
                case CLD -> c.systemFlags &= ~Bits.DF;
                case STD -> c.systemFlags |= Bits.DF;
                case LAHF -> c.r[Gpr.RAX] = c.r[Gpr.RAX] & ~0xFF00L | (c.flags() & 0xFFL) << 8;
                case SAHF -> {
                    int low = Bits.SF | Bits.ZF | Bits.AF | Bits.PF | Bits.CF;
                    c.setArithmeticFlags(c.flags() & Bits.OF | (int) (c.r[Gpr.RAX] >>> 8) & low);
                }
                default -> {}
            }
            return next;
        }
    }

    private static final class Setcc extends GenericOp {
        private final int condition;

        Setcc(Insn i) {
            super(i);
            condition = i.opcodeByte & 15;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            rm(c, Conditions.test(c, condition) ? 1 : 0);
            return next;
        }
    }

    private static final class Pushf extends GenericOp {
        Pushf(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            int flags = c.flags();
            if (c.virtual8086() && c.iopl() < 3) {
                if ((c.cr4 & Bits.CR4_VME) == 0 || bytes != 2) {
                    throw c.fault(Vector.GP, 0);
                }
                // Virtual-8086 mode extensions: VIF stands for IF, and IOPL reads as 3.
                flags = flags & ~Bits.IF | Bits.IOPL | ((flags & Bits.VIF) != 0 ? Bits.IF : 0);
            }
            Stack.push(c, bytes, flags & ~(Bits.VM | Bits.RF));
            return next;
        }

        @Override
        public boolean usesStack() {
            return true;
        }
    }

    private static final class Popf extends SystemOp {
        private static final int ALWAYS = Bits.ARITHMETIC | Bits.TF | Bits.DF | Bits.NT;
        private final int bytes;

        Popf(Insn i) {
            super(i, i.operandBytes, false, true);
            bytes = i.operandBytes;
        }

        @Override
        protected void run(Cpu c) {
            boolean v86 = c.virtual8086();
            if (v86 && c.iopl() < 3 && ((c.cr4 & Bits.CR4_VME) == 0 || bytes != 2)) {
                throw c.fault(Vector.GP, 0);
            }
            int popped = (int) Stack.top(c, bytes);
            int old = c.flags();
            int writable = ALWAYS | (bytes > 2 ? Bits.AC | Bits.ID : 0);
            if (v86 && c.iopl() < 3) {
                boolean trap = (popped & Bits.TF) != 0;
                if (trap || (popped & Bits.IF) != 0 && (old & Bits.VIP) != 0) {
                    throw c.fault(Vector.GP, 0);
                }
                writable |= Bits.VIF;
                popped = popped & ~Bits.VIF | ((popped & Bits.IF) != 0 ? Bits.VIF : 0);
            } else {
                writable |= c.cpl == 0 || (c.cr0 & Bits.CR0_PE) == 0
                        ? Bits.IOPL | Bits.IF
                        : c.cpl <= c.iopl() ? Bits.IF : 0;
            }
            Stack.move(c, bytes);
            c.setFlags((old & ~writable | popped & writable) & ~Bits.RF);
            if (((old ^ c.systemFlags) & Bits.AC) != 0) {
                c.modeChanged();
            }
        }

        @Override
        public boolean usesStack() {
            return true;
        }
    }

    /** Whether CLI and STI work on IF; if not, they may work on VIF, or fault (SDM volume 2, CLI). */
    private static boolean interruptFlag(Cpu c) {
        if ((c.cr0 & Bits.CR0_PE) == 0 || c.iopl() >= (c.virtual8086() ? 3 : c.cpl)) {
            return true;
        }
        boolean virtual = c.virtual8086() ? (c.cr4 & Bits.CR4_VME) != 0 : c.cpl == 3 && (c.cr4 & Bits.CR4_PVI) != 0;
        if (!virtual) {
            throw c.fault(Vector.GP, 0);
        }
        return false;
    }

    private static final class Cli extends Op {
        @Override
        public @Nullable Op exec(Cpu c) {
            c.systemFlags &= interruptFlag(c) ? ~Bits.IF : ~Bits.VIF;
            return next;
        }
    }

    private static final class Sti extends SystemOp {
        Sti(Insn i) {
            super(i, 1, false, true);
        }

        @Override
        protected void run(Cpu c) {
            if (interruptFlag(c)) {
                c.interruptShadow |= (c.systemFlags & Bits.IF) == 0;
                c.systemFlags |= Bits.IF;
            } else if ((c.systemFlags & Bits.VIP) != 0) {
                throw c.fault(Vector.GP, 0);
            } else {
                c.systemFlags |= Bits.VIF;
            }
        }
    }
}
