package dev.backplane.x86.oracle;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import java.util.Random;
import java.util.Set;

/** Random states for an instruction: registers point its memory operand at a target, the rest is biased to the edges. */
final class Cases {
    /** What XSAVE stores: x87, SSE and, where the host has it, AVX. */
    private static final int COMPONENTS = HostCpu.has("avx") ? 8 : 4;

    private static final int AREA_BYTES = 832;

    private final Random random;
    private final Targets targets;
    private final X87Cases x87;
    private final SimdCases simd;

    Cases(Random random, Targets targets) {
        this.random = random;
        this.targets = targets;
        x87 = new X87Cases(random);
        simd = new SimdCases(random);
    }

    /** Says what targets have to be like, before the form is encoded. */
    void describe(Form form) {
        targets.bytes = bytes(form);
        targets.alignment = switch (form.mnemonic()) {
            case "FXSAVE", "FXRSTOR", "CMPXCHG16B", "CMPXCHG8B" -> 16;
            case "XSAVE", "XRSTOR", "XSAVEOPT", "XSAVEC" -> 64;
            case "MOVAPS", "MOVAPD", "MOVDQA", "MOVNTPS", "MOVNTPD", "MOVNTDQ", "MOVNTDQA" -> targets.bytes;
            default -> targets.bytes == 16 && !form.vex() ? 16 : 1;
        };
        targets.locked = form.extra().equals("lock") || form.mnemonic().equals("XCHG");
        targets.margin =
                form.mnemonic().matches("PUSH|POP|CALL_.*|BT[SRC]?|MOVS|CMPS|STOS|LODS|SCAS|ENTER|MASKMOV.*|P?GATHER.*")
                        ? 512
                        : 64;
    }

    private static int bytes(Form form) {
        for (String property : form.properties()) {
            if (property.matches("b[0-9]+")) {
                return Integer.parseInt(property.substring(1));
            }
        }
        return switch (form.mnemonic()) {
            case "XSAVE", "XRSTOR", "XSAVEOPT", "XSAVEC" -> AREA_BYTES;
            case "X87" ->
                form.modrm().matches("/[46]") && form.bits() != 0
                        ? form.opcode().equals("DD") ? 108 : 28
                        : 10;
            case "CMPXCHG8B" -> form.bits() == 64 ? 16 : 8;
            default -> form.has("byte") ? 1 : form.bits() == 0 ? 8 : form.bits() / 8;
        };
    }

    /** Fills a state for an instruction that stands at {@code rip}; the segments of both machines are as at first. */
    void fill(OracleState in, Form form, Insn insn, long rip) {
        values(in, form);
        in.rip = rip;
        in.cs = form.wide() ? 0x33 : 0x23;
        in.ss = 0x2B;
        in.segments[0] = form.wide() ? 0 : 0x2B;
        in.changesSegments = changesSegments(form);
        in.rflags = flags();
        special(in, form, insn);
        if (form.memory() || insn.memory) {
            point(in, insn, operand(in, form, insn));
        }
        if (!form.wide()) {
            for (int n = 0; n < 16; n++) {
                in.gpr[n] &= 0xFFFF_FFFFL;
            }
        }
    }

    /** Whether an encoding's operands depend on each other in a way that leads it out of the window. */
    static boolean isWild(Form form, Insn insn) {
        if (!insn.memory) {
            return false;
        }
        if (form.mnemonic().startsWith("X")
                && form.feature().startsWith("XSAVE")
                && (Set.of(Gpr.RAX, Gpr.RDX).contains(insn.base)
                        || Set.of(Gpr.RAX, Gpr.RDX).contains(insn.index))) {
            // The address would ask for components that only the host has.
            return true;
        }
        boolean bits = form.mnemonic().matches("BT[SRC]?") && form.operands().endsWith("Gv");
        if (bits && (insn.reg == insn.base || insn.reg == insn.index)) {
            return true;
        }
        boolean stack = form.has("d64") || form.mnemonic().matches("CALL_.*");
        return stack && insn.base == Gpr.RSP && (insn.index < 16 || Math.abs(insn.displacement) > 128);
    }

    /** Whether a form may load DS, ES, FS or GS or change a base. */
    static boolean changesSegments(Form form) {
        return form.mnemonic().matches("L[DEFGS]S|WR[FG]SBASE|MOV_TO_SEG|POP_SEG|RET_FAR|IRET|CALL_FAR|JMP_FAR");
    }

    private void values(OracleState in, Form form) {
        for (int n = 0; n < in.memory.length; n += 8) {
            in.memoryLong(n, random.nextLong());
        }
        boolean fpu = form.mnemonic().equals("X87");
        simd.fill(in);
        for (int n = 0; n < 16; n++) {
            in.gpr[n] = value();
        }
        x87.fill(in);
        if (fpu) {
            if (form.modrm().matches("=F[01239BEF]") && random.nextInt(4) != 0) {
                x87.limit(in, Integer.parseInt(form.modrm().substring(1), 16));
            }
            if (random.nextInt(8) == 0) {
                in.fsw(random.nextInt(0x10000));
            }
            pendingAgrees(in);
        } else if (random.nextInt(16) != 0) {
            in.fcw(0x37F);
        }
        if (!fpu) {
            simd.mmx(in);
            pendingAgrees(in);
            if (random.nextInt(4) == 0) {
                in.mxcsr(random.nextInt(0x10000));
            }
        }
        in.fop(random.nextInt(0x800));
        in.fip(random.nextInt() & 0xFFFF_FFFFL);
        in.fdp(random.nextInt() & 0xFFFF_FFFFL);
    }

    /** Error summary and busy follow from flags and masks, also after FXRSTOR. */
    private static void pendingAgrees(OracleState in) {
        boolean pending = (in.fsw() & ~in.fcw() & 0x3F) != 0;
        in.fsw(in.fsw() & 0x7F7F | (pending ? 0x8080 : 0));
    }

    private long flags() {
        long flags = random.nextInt() & Bits.ARITHMETIC | 0x202;
        int kind = random.nextInt(64);
        flags |= kind < 6 ? Bits.DF : 0;
        flags |= kind >= 4 && kind < 9 ? Bits.AC : 0;
        flags |= kind >= 8 && kind < 13 ? Bits.TF : 0;
        flags |= kind == 13 ? Bits.NT : 0;
        flags |= kind == 14 ? Bits.ID : 0;
        return flags;
    }

    // ---- the memory operand -----------------------------------------------------------------------------------------

    /** Chooses where the operand is to be and what is to be found there. */
    private long operand(OracleState in, Form form, Insn insn) {
        boolean shortAddress = insn.addressBytes == 4 && form.wide();
        boolean high = insn.segment == Seg.GS;
        long at;
        do {
            at = shortAddress ? targets.near(random) : form.wide() ? targets.far(random) : targets.near(random);
            if (shortAddress && high) {
                at += SiliconLayout.HIGH_DATA - SiliconLayout.DATA;
            }
        } while (shortAddress && high && at < SiliconLayout.GS_BASE && random.nextInt(8) != 0);
        contents(in, form, insn, offset(at));
        return at;
    }

    /** Where in the window an address is; outside of it where it is elsewhere. */
    private static int offset(long address) {
        long page = address & 0xFFFF_FFFEL << 32 | address & 0xFFFF;
        long low = address & 0xFFFF;
        if ((address & 0xF000_0000L) != 0x3000_0000L || page == 0) {
            return -1;
        }
        long which = address >>> 16 & 0xF;
        long data = which == 0 ? low : which == 1 ? low : low + SiliconLayout.PAGE;
        long offset = data - (SiliconLayout.WINDOW - SiliconLayout.DATA);
        return offset >= 0 && offset <= SiliconLayout.WINDOW_BYTES - 8 ? (int) offset : -1;
    }

    private void contents(OracleState in, Form form, Insn insn, int at) {
        if (at < 0) {
            return;
        }
        int room = in.memory.length - at;
        switch (insn.mnemonic()) {
            case X87 -> x87Operand(in, insn, at);
            case FXRSTOR, XRSTOR, XSAVE, XSAVEOPT, XSAVEC -> image(in, insn, at);
            case LDMXCSR -> in.memoryInt(at, random.nextInt(8) == 0 ? random.nextInt() : random.nextInt(0x10000));
            case JMP_IND, CALL_IND -> in.memoryLong(at, jump(in.rip));
            case JMP_FAR, CALL_FAR, LSS, LFS, LGS, LDS, LES -> far(in, insn, at);
            case CMPXCHG8B, CMPXCHG16B -> {
                if (room >= 16 && random.nextBoolean()) {
                    boolean wide = insn.mnemonic() == Mnemonic.CMPXCHG16B;
                    in.gpr[0] = wide ? in.memoryLong(at) : in.memoryInt(at) & 0xFFFF_FFFFL;
                    in.gpr[2] = wide ? in.memoryLong(at + 8) : in.memoryInt(at + 4) & 0xFFFF_FFFFL;
                }
            }
            case CMPXCHG -> {
                in.memoryLong(at, value());
                if (random.nextBoolean()) {
                    in.gpr[0] = in.memoryLong(at);
                }
            }
            case MOV_TO_SEG, LAR, LSL, VERR, VERW -> selector(in, at);
            default -> {
                boolean simdForm = insn.opcode.operands().matches(".*[VWPQNU].*");
                in.memoryLong(at, simdForm ? simd.half() : value());
                for (int n = 8; n < 32 && n + 8 <= room && simdForm; n += 8) {
                    in.memoryLong(at + n, simd.half());
                }
            }
        }
    }

    private void selector(OracleState in, int at) {
        in.memory[at] = (byte) Targets.selector(random);
        in.memory[at + 1] = 0;
    }

    private void x87Operand(OracleState in, Insn insn, int at) {
        int form = (insn.opcodeByte & 7) << 3 | insn.extension();
        int room = in.memory.length - at;
        switch (form >> 3) {
            case 0 -> in.memoryInt(at, (int) x87.single());
            case 4 -> in.memoryLong(at, x87.dbl());
            case 1 -> {
                if ((form & 7) == 0) {
                    in.memoryInt(at, (int) x87.single());
                }
            }
            case 5 -> {
                if ((form & 7) == 0) {
                    in.memoryLong(at, x87.dbl());
                }
            }
            default -> {
                in.memoryLong(at, random.nextLong() >> random.nextInt(64));
                if (form == 0x3C && random.nextInt(8) != 0) {
                    in.memoryLong(at, Long.parseLong(Long.toString(random.nextLong(0, 1_000_000_000_000_000L)), 16));
                }
                if (form == 0x1D) {
                    in.memoryLong(at, x87.significand());
                }
            }
        }
        if (form == 0x3C && room >= 16) {
            int digits = Integer.parseInt(Integer.toString(random.nextInt(0, 100)), 16);
            in.memoryLong(at + 8, digits | random.nextInt() & 0x8000 | random.nextLong() << 16);
        }
    }

    /** An image for FXRSTOR or XRSTOR, or the header that XSAVE changes. */
    private void image(OracleState in, Insn insn, int at) {
        if (in.memory.length - at < AREA_BYTES) {
            return;
        }
        // Pointers are canonical: how many bits of others are kept is the processor's choice.
        in.memoryLong(at + 8, in.memoryLong(at + 8) & 0x7FFF_FFFF_FFFFL);
        in.memoryLong(at + 16, in.memoryLong(at + 16) & 0x7FFF_FFFF_FFFFL);
        in.memoryInt(at + 24, random.nextInt(8) == 0 ? random.nextInt() : random.nextInt(0x10000));
        if (insn.mnemonic() != Mnemonic.FXRSTOR) {
            for (int n = 512; n < 576; n += 8) {
                in.memoryLong(at + n, 0);
            }
            in.memoryLong(at + 512, random.nextInt(COMPONENTS));
            if (insn.mnemonic() == Mnemonic.XRSTOR && random.nextInt(4) == 0) {
                // The compacted form, mostly with all that is present.
                long layout = in.memoryLong(at + 512) | random.nextInt(COMPONENTS);
                in.memoryLong(
                        at + 520, Long.MIN_VALUE | (random.nextInt(8) == 0 ? random.nextInt(COMPONENTS) : layout));
            }
            if (random.nextInt(12) == 0) {
                // A component or header bit that no processor has.
                in.memoryLong(at + 512 + 8 * random.nextInt(4), 1L << random.nextInt(20, 62));
            }
        }
    }

    private void far(OracleState in, Insn insn, int at) {
        long to = jump(in.rip);
        if (in.memory.length - at < 16) {
            return;
        }
        int selector = Targets.selector(random);
        switch (insn.operandBytes) {
            case 2 -> in.memoryInt(at, (int) (to & 0xFFFF) | selector << 16);
            case 4 -> {
                in.memoryInt(at, (int) to);
                in.memoryInt(at + 4, selector);
            }
            default -> {
                in.memoryLong(at, to);
                in.memoryLong(at + 8, selector);
            }
        }
    }

    /** Sets the registers of an address so that it is {@code target}, as far as that is possible. */
    private static void point(OracleState in, Insn insn, long target) {
        long base = switch (insn.segment) {
            case Seg.FS -> insn.mode == 2 ? SiliconLayout.FS_BASE : 0;
            case Seg.GS -> insn.mode == 2 ? SiliconLayout.GS_BASE : 0;
            default -> 0;
        };
        long wanted = target - base - insn.displacement;
        if (insn.vectorIndex >= 0) {
            set(in, insn.base, wanted, insn.addressBytes == 4);
            return;
        }
        boolean cut = insn.addressBytes == 4;
        boolean hasBase = insn.base < 16;
        boolean hasIndex = insn.index < 16;
        if (hasBase && hasIndex && insn.base == insn.index) {
            long factor = 1 + (1L << insn.scale);
            set(in, insn.base, insn.scale == 0 ? wanted >> 1 : wanted * inverse(factor), cut);
        } else if (hasBase) {
            long index = hasIndex ? in.gpr[insn.index] << insn.scale : 0;
            set(in, insn.base, wanted - index, cut);
        } else if (hasIndex) {
            set(in, insn.index, (cut ? wanted & 0xFFFF_FFFFL : wanted) >> insn.scale, cut);
        }
    }

    /** A register; with 32-bit addresses its upper half does not matter. */
    private static void set(OracleState in, int register, long value, boolean cut) {
        in.gpr[register] = cut ? value & 0xFFFF_FFFFL | in.gpr[register] & -1L << 32 : value;
    }

    /** The inverse of an odd number modulo 2 to the 64th, by Newton's iteration. */
    private static long inverse(long odd) {
        long x = odd;
        for (int n = 0; n < 6; n++) {
            x *= 2 - odd * x;
        }
        return x;
    }

    // ---- what single instructions need ------------------------------------------------------------------------------

    private void special(OracleState in, Form form, Insn insn) {
        switch (insn.mnemonic()) {
            case BT, BTS, BTR, BTC -> {
                if (insn.memory && insn.opcode.operands().endsWith("Gv")) {
                    long bit = random.nextInt(-2048, 2048);
                    in.gpr[insn.reg] =
                            insn.operandBytes == 8 ? bit : bit & (insn.operandBytes == 4 ? 0xFFFF_FFFFL : 0xFFFFL);
                }
            }
            case XLAT -> {
                long base = targetOfString(insn, false) - (in.gpr[0] & 0xFF);
                set(in, Gpr.RBX, base - segmentBase(insn), insn.addressBytes == 4);
            }
            case MASKMOVQ, MASKMOVDQU -> {
                targets.bytes = 16;
                set(in, Gpr.RDI, targetOfString(insn, false) - segmentBase(insn), insn.addressBytes == 4);
            }
            case DIV, IDIV -> divisible(in, insn);
            case MOVS, CMPS, STOS, LODS, SCAS, INS, OUTS -> strings(in, insn);
            case LOOP, LOOPE, LOOPNE, JCXZ -> {
                in.gpr[1] = random.nextInt(3);
                in.gpr[1] |= insn.addressBytes == 4 || random.nextInt(8) == 0 ? random.nextLong() << 32 : 0;
            }
            case PCMPESTRI, PCMPESTRM -> {
                in.gpr[0] = random.nextInt(4) == 0 ? value() : random.nextInt(-20, 20);
                in.gpr[2] = random.nextInt(4) == 0 ? value() : random.nextInt(-20, 20);
            }
            case XSAVE, XSAVEOPT, XSAVEC, XRSTOR -> {
                in.gpr[0] = random.nextInt(COMPONENTS) | random.nextLong() << 32;
                in.gpr[2] = random.nextLong() << 32;
            }
            case SHL, SHR, SAR, ROL, ROR, RCL, RCR, SHLD, SHRD ->
                in.gpr[1] = in.gpr[1] & ~0xFF | random.nextInt(random.nextBoolean() ? 72 : 256);
            case MOV_TO_SEG, LAR, LSL, VERR, VERW -> {
                if (!insn.memory) {
                    in.gpr[insn.rm] = in.gpr[insn.rm] & ~0xFFFFL | Targets.selector(random);
                }
            }
            case JMP_IND, CALL_IND -> {
                if (!insn.memory) {
                    in.gpr[insn.rm] = jump(in.rip);
                }
                stack(in, insn, 0);
            }
            case WRFSBASE, WRGSBASE ->
                in.gpr[insn.rm] = random.nextInt(4) == 0 ? random.nextLong() : random.nextLong() >> 17;
            case XGETBV -> in.gpr[1] = random.nextBoolean() ? random.nextLong() << 32 : in.gpr[1] & ~1;
            case RDPMC -> in.gpr[1] = 0x7FFF_FFFF;
            case PGATHERDD, PGATHERDQ, GATHERDPS, GATHERDPD -> indexes(in, insn, 4);
            case PGATHERQD, PGATHERQQ, GATHERQPS, GATHERQPD -> indexes(in, insn, 8);
            case CMPXCHG -> {
                if (!insn.memory && random.nextBoolean()) {
                    in.gpr[0] = in.gpr[insn.rm];
                }
            }
            case PUSH, PUSHF, PUSH_SEG, CALL, CALL_FAR, PUSHA -> stack(in, insn, 0);
            case POP, POPA -> stack(in, insn, 0);
            case POPF -> {
                int at = stack(in, insn, 8);
                if (at >= 0) {
                    in.memoryLong(at, random.nextInt() & (random.nextInt(4) == 0 ? 0x7F_7FFF : 0x24_4DFF));
                }
            }
            case POP_SEG -> {
                int at = stack(in, insn, 8);
                if (at >= 0) {
                    selector(in, at);
                }
            }
            case ENTER -> {
                stack(in, insn, 0);
                set(in, Gpr.RBP, targets.near(random), false);
            }
            case LEAVE -> set(in, Gpr.RBP, form.wide() ? targets.far(random) : targets.near(random), false);
            case RET -> {
                int at = stack(in, insn, 8);
                if (at >= 0) {
                    in.memoryLong(at, jump(in.rip));
                }
            }
            case RET_FAR, IRET -> returns(in, insn);
            default -> {
                if (insn.opcode.mnemonic() == Mnemonic.INT3 || random.nextInt(4) != 0) {
                    in.gpr[4] = in.gpr[4] & 0x7FFF_FFFF_FFFFL;
                }
            }
        }
    }

    /** Indexes that stay near the base, now and then one that does not. */
    private void indexes(OracleState in, Insn insn, int bytes) {
        if (insn.vectorIndex < 0) {
            return;
        }
        long[] all = new long[4];
        for (int n = 0; n < 32 / bytes; n++) {
            long index = random.nextInt(-440, 440) >> insn.scale;
            if (random.nextInt(100) == 0) {
                index = random.nextLong();
            }
            all[n * bytes >> 3] |= bytes == 8 ? index : (index & 0xFFFF_FFFFL) << ((n & 1) << 5);
        }
        in.xmm(insn.vectorIndex, all[0], all[1]);
        in.ymm[2 * insn.vectorIndex] = all[2];
        in.ymm[2 * insn.vectorIndex + 1] = all[3];
    }

    private void returns(OracleState in, Insn insn) {
        int words = insn.mnemonic() == Mnemonic.IRET ? 5 : 2;
        int at = stack(in, insn, words * 8);
        if (at < 0) {
            return;
        }
        int size = insn.operandBytes;
        long[] frame = {
            jump(in.rip),
            Targets.selector(random),
            flags(),
            targets.near(random),
            random.nextBoolean() ? 0x2B : Targets.selector(random)
        };
        if (random.nextBoolean()) {
            frame[1] = in.cs;
        }
        if ((in.gpr[4] & size - 1) != 0) {
            // Processors raise #AC for the flags that they are about to load, which Linux takes for a split lock, for
            // ever.
            frame[2] &= ~Bits.AC;
        }
        for (int n = 0; n < words; n++) {
            for (int b = 0; b < size; b++) {
                in.memory[at + n * size + b] = (byte) (frame[n] >> 8 * b);
            }
        }
    }

    /** Points the stack pointer somewhere; returns where in the window its top is, if {@code bytes} from there on are in it. */
    private int stack(OracleState in, Insn insn, int bytes) {
        targets.bytes = 8;
        long at = insn.mode == 2 ? targets.far(random) : targets.near(random);
        in.gpr[4] = at;
        int offset = offset(at);
        return offset >= 0 && offset + bytes <= in.memory.length ? offset : -1;
    }

    private static long segmentBase(Insn insn) {
        return insn.segmentOverride == Seg.FS
                ? SiliconLayout.FS_BASE
                : insn.segmentOverride == Seg.GS ? SiliconLayout.GS_BASE : 0;
    }

    private long targetOfString(Insn insn, boolean destination) {
        boolean high = !destination && insn.segmentOverride == Seg.GS;
        if (insn.addressBytes == 4 || insn.mode != 2) {
            return targets.near(random) + (high ? SiliconLayout.HIGH_DATA - SiliconLayout.DATA : 0);
        }
        return targets.far(random);
    }

    private void strings(OracleState in, Insn insn) {
        boolean cut = insn.addressBytes == 4;
        in.rflags = in.rflags & ~Bits.DF | (random.nextInt(4) == 0 ? Bits.DF : 0);
        in.gpr[1] = random.nextInt(40) | (cut ? random.nextLong() << 32 : 0);
        set(in, Gpr.RSI, targetOfString(insn, false) - segmentBase(insn), cut);
        set(in, Gpr.RDI, targetOfString(insn, true), cut);
        if (random.nextBoolean()) {
            // Long runs of equal elements, so that comparisons go on.
            for (int n = 0; n < in.memory.length; n += 8) {
                in.memoryLong(n, 0);
            }
            in.gpr[0] = random.nextInt(2);
            for (int n = 0; n < 8; n++) {
                in.memory[random.nextInt(in.memory.length)] = 1;
            }
        }
    }

    private void divisible(OracleState in, Insn insn) {
        if (random.nextBoolean()) {
            in.gpr[2] = insn.mnemonic() == Mnemonic.IDIV ? in.gpr[0] >> 63 : 0;
        } else {
            in.gpr[2] = in.gpr[2] >> random.nextInt(64);
        }
    }

    /** Where a jump goes: mostly to halting code around the instruction. */
    private long jump(long rip) {
        return switch (random.nextInt(12)) {
            case 0 -> targets.outside(random, false);
            case 1 -> SiliconLayout.CODE - 0x1000 + random.nextInt(0x1000);
            case 2 -> random.nextLong();
            default -> rip + (random.nextBoolean() ? random.nextInt(-24, 0) : random.nextInt(32, 72));
        };
    }

    private long value() {
        return switch (random.nextInt(6)) {
            case 0 -> random.nextLong();
            case 1 -> random.nextInt(-3, 4);
            case 2 -> Long.MIN_VALUE >>> random.nextInt(64);
            case 3 -> (1L << random.nextInt(64)) - 1;
            case 4 -> random.nextLong() >> random.nextInt(64);
            default -> random.nextInt(256);
        };
    }
}
