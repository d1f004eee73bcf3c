package dev.backplane.x86.fpu;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.MemOp;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Vector;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * XSAVE, XSAVEOPT, XSAVEC and XRSTOR (SDM volume 1, 13.7 to 13.10) for the components that there are: x87 and SSE, which lie in
 * the legacy area, and AVX, which is the first behind the header in both formats, so that the compacted one differs in the header
 * only.
 */
final class XsaveOps {
    /** The instructions that save. */
    enum Form {
        PLAIN,
        OPTIMISED,
        COMPACT
    }

    private static final long FPU = 1;
    private static final long SSE = 2;
    private static final long AVX = 4;
    private static final long COMPACTED = Long.MIN_VALUE;
    private static final int HEADER = FxImage.BYTES;
    private static final int HEADER_BYTES = 64;
    private static final int BYTES = HEADER + HEADER_BYTES;
    /** The upper halves of the YMM registers: where and how many bytes. */
    private static final int YMM = BYTES;

    private static final int YMM_BYTES = 256;
    private static final int INITIAL_MXCSR = 0x1F80;

    private XsaveOps() {}

    /** The components to work on: those asked for in EDX:EAX that XCR0 enables. */
    private static long requested(Cpu c) {
        return (c.r[Gpr.RAX] & 0xFFFF_FFFFL | c.r[Gpr.RDX] << 32) & c.xcr0;
    }

    private static void check(Cpu c) {
        if ((c.cr4 & Bits.CR4_OSXSAVE) == 0) {
            throw c.undefined();
        }
        if ((c.cr0 & Bits.CR0_TS) != 0) {
            throw c.fault(Vector.NM, -1);
        }
    }

    private static long aligned(Cpu c, long address) {
        if ((address & HEADER_BYTES - 1) != 0) {
            throw c.fault(Vector.GP, 0);
        }
        return address;
    }

    /** The components that are not in their initial state (XINUSE). */
    private static long inUse(Cpu c) {
        long used = 0;
        Fpu f = c.fpu;
        if (f.control != X87.INITIAL_CONTROL
                || (f.status | f.valid | f.opcode) != 0
                || (f.instructionPointer | f.dataPointer) != 0) {
            used = FPU;
        }
        for (int n = 0; n < 8; n++) {
            used |= (f.significand[n] | f.signExponent[n]) != 0 ? FPU : 0;
        }
        for (long half : c.xmm) {
            used |= half != 0 ? SSE : 0;
        }
        for (long half : c.ymm) {
            used |= half != 0 ? AVX : 0;
        }
        return used;
    }

    /** The three that save. */
    static final class Save extends MemOp {
        private final Form form;
        private final boolean wide;

        Save(Insn i, Form form) {
            super(i, BYTES, true);
            this.form = form;
            wide = i.operandBytes == 8;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            check(c);
            long address = aligned(c, address(c));
            long asked = requested(c);
            if (asked == 0) {
                // Only the header is touched.
                c.probeWrite(address + HEADER, HEADER_BYTES);
            } else {
                c.probeWrite(address, (asked & AVX) != 0 ? YMM + YMM_BYTES : BYTES);
            }
            long used = inUse(c);
            if (form == Form.COMPACT && c.mxcsr != INITIAL_MXCSR) {
                used |= SSE;
            }
            long stored = form == Form.PLAIN ? asked : asked & used;
            if ((stored & FPU) != 0) {
                FxImage.saveX87(c, address, wide);
            }
            if ((form == Form.COMPACT ? stored & SSE : asked & (SSE | AVX)) != 0) {
                FxImage.saveMxcsr(c, address);
            }
            if ((stored & SSE) != 0) {
                FxImage.saveXmm(c, address);
            }
            if ((stored & AVX) != 0) {
                FxImage.saveYmm(c, address + YMM);
            }
            if (form == Form.COMPACT) {
                c.store64(address + HEADER, asked & used);
                c.store64(address + HEADER + 8, asked | COMPACTED);
            } else {
                long kept = c.load64(address + HEADER) & ~asked;
                c.store64(address + HEADER, kept | asked & used);
            }
            return next;
        }
    }

    /** XRSTOR. */
    static final class Restore extends MemOp {
        private final boolean wide;

        Restore(Insn i) {
            super(i, BYTES, false);
            wide = i.operandBytes == 8;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            check(c);
            long address = aligned(c, address(c));
            c.probeRead(address, BYTES);
            long present = c.load64(address + HEADER);
            boolean compacted = c.load64(address + HEADER + 8) < 0;
            checkHeader(c, address, present, compacted);
            long asked = requested(c);
            if ((asked & present & AVX) != 0) {
                c.probeRead(address + YMM, YMM_BYTES);
            }
            restoreSse(c, address, asked, present, compacted);
            restoreAvx(c, address, asked, present);
            if ((asked & FPU) != 0) {
                if ((present & FPU) != 0) {
                    FxImage.loadX87(c, address, wide);
                } else {
                    c.fpu.reset();
                }
            }
            return next;
        }

        private static void checkHeader(Cpu c, long address, long present, boolean compacted) {
            long layout = c.load64(address + HEADER + 8);
            long allowed = compacted ? layout & ~COMPACTED : c.xcr0;
            boolean bad = (present & ~allowed) != 0 || (compacted ? allowed & ~c.xcr0 : layout) != 0;
            int firstReserved = compacted ? 16 : 8;
            int lastReserved = compacted ? HEADER_BYTES : 24;
            for (int n = firstReserved; n < lastReserved; n += 8) {
                bad |= c.load64(address + HEADER + n) != 0;
            }
            if (bad) {
                throw c.fault(Vector.GP, 0);
            }
        }

        private static void restoreAvx(Cpu c, long address, long asked, long present) {
            if ((asked & present & AVX) != 0) {
                FxImage.loadYmm(c, address + YMM);
            } else if ((asked & AVX) != 0) {
                Arrays.fill(c.ymm, 0, c.long64 ? 32 : 16, 0);
            }
        }

        /** MXCSR belongs to SSE, but the standard format restores it for AVX too, and whether or not the registers are there. */
        private static void restoreSse(Cpu c, long address, long asked, long present, boolean compacted) {
            boolean stored = (present & SSE) != 0;
            if ((asked & SSE) != 0 && (stored || !compacted) || (asked & AVX) != 0 && !compacted) {
                c.mxcsr = FxImage.mxcsr(c, address);
            } else if ((asked & SSE) != 0) {
                c.mxcsr = INITIAL_MXCSR;
            }
            if ((asked & SSE) == 0) {
                return;
            }
            if (stored) {
                FxImage.loadXmm(c, address);
            } else {
                Arrays.fill(c.xmm, 0, c.long64 ? 32 : 16, 0);
            }
        }
    }
}
