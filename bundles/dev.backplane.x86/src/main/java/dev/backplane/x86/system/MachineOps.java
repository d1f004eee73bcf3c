package dev.backplane.x86.system;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** CPUID, the model-specific registers and the instructions that are short cuts to some of them, time, random numbers. */
final class MachineOps {
    /** KVM's answer to a hypercall that it does not know, and to one from user mode. */
    private static final long NO_SUCH_HYPERCALL = -1000;

    private static final long HYPERCALL_FORBIDDEN = -1;

    private final Msrs msrs;
    private final Cpuid cpuid;
    private final VcpuClock clock;
    private final LongSupplier random;

    MachineOps(Msrs msrs, Cpuid cpuid, VcpuClock clock, LongSupplier random) {
        this.msrs = msrs;
        this.cpuid = cpuid;
        this.clock = clock;
        this.random = random;
    }

    @Nullable
    Op op(Insn i) {
        return switch (i.mnemonic()) {
            case CPUID -> SysOp.inline(i, (c, o) -> cpuid.answer(c));
            case RDMSR ->
                SysOp.inline(i, (c, o) -> {
                    Privilege.ring0(c);
                    pair(c, msrs.read(c, (int) c.r[Gpr.RCX]));
                });
            case WRMSR ->
                SysOp.last(i, (c, o) -> {
                    Privilege.ring0(c);
                    msrs.write(c, (int) c.r[Gpr.RCX], c.r[Gpr.RDX] << 32 | c.r[Gpr.RAX] & 0xffff_ffffL);
                });
            case RDTSC -> SysOp.inline(i, (c, o) -> pair(c, timestamp(c)));
            case RDTSCP ->
                SysOp.inline(i, (c, o) -> {
                    pair(c, timestamp(c));
                    c.r[Gpr.RCX] = c.tscAux;
                });
            case RDPID -> SysOp.inline(i, (c, o) -> c.r[o.rm] = c.tscAux);
            case RDPMC ->
                SysOp.inline(i, (c, o) -> {
                    throw c.fault(Vector.GP, 0);
                });
            case SWAPGS ->
                SysOp.inline(i, (c, o) -> {
                    Privilege.ring0(c);
                    long base = c.segmentBase[Seg.GS];
                    c.segmentBase[Seg.GS] = c.kernelGsBase;
                    c.kernelGsBase = base;
                });
            case RDFSBASE -> SysOp.inline(i, (c, o) -> readBase(c, o, Seg.FS));
            case RDGSBASE -> SysOp.inline(i, (c, o) -> readBase(c, o, Seg.GS));
            case WRFSBASE -> SysOp.inline(i, (c, o) -> writeBase(c, o, Seg.FS));
            case WRGSBASE -> SysOp.inline(i, (c, o) -> writeBase(c, o, Seg.GS));
            case RDRAND, RDSEED ->
                SysOp.inline(i, (c, o) -> {
                    SysOp.setRegister(c, o.rm, o.bytes, random.getAsLong());
                    c.setArithmeticFlags(Bits.CF);
                });
            case VMCALL -> SysOp.last(i, (c, o) -> c.r[Gpr.RAX] = c.cpl == 0 ? NO_SUCH_HYPERCALL : HYPERCALL_FORBIDDEN);
            default -> null;
        };
    }

    private long timestamp(Cpu c) {
        if (c.cpl != 0 && (c.cr4 & Bits.CR4_TSD) != 0) {
            throw c.fault(Vector.GP, 0);
        }
        return clock.tsc();
    }

    private static void pair(Cpu c, long value) {
        c.r[Gpr.RAX] = value & 0xffff_ffffL;
        c.r[Gpr.RDX] = value >>> 32;
    }

    private static void readBase(Cpu c, SysOp o, int segment) {
        Privilege.enabled(c, Bits.CR4_FSGSBASE);
        SysOp.setRegister(c, o.rm, o.bytes, c.segmentBase[segment]);
    }

    private static void writeBase(Cpu c, SysOp o, int segment) {
        Privilege.enabled(c, Bits.CR4_FSGSBASE);
        long base = o.bytes == 4 ? c.r[o.rm] & 0xffff_ffffL : c.r[o.rm];
        if (!Selectors.canonicalBase(c, base)) {
            throw c.fault(Vector.GP, 0);
        }
        c.segmentBase[segment] = base;
    }
}
