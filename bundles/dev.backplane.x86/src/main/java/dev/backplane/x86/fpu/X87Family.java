package dev.backplane.x86.fpu;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.FaultOp;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.interp.OpFamily;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Vector;
import org.jspecify.annotations.Nullable;

/** The operations of the x87 unit, and those that save and restore it together with the SSE registers. Without state. */
public final class X87Family implements OpFamily {
    private static final int LOAD_ENVIRONMENT = 0x0C;
    private static final int LOAD_CONTROL = 0x0D;
    private static final int STORE_ENVIRONMENT = 0x0E;
    private static final int STORE_CONTROL = 0x0F;
    private static final int RESTORE = 0x2C;
    private static final int SAVE = 0x2E;
    private static final int STORE_STATUS = 0x2F;

    @Override
    public @Nullable Op op(Insn i, int mode) {
        boolean unavailable = (mode & Cpu.NO_FPU) != 0;
        return switch (i.mnemonic()) {
            case X87 -> {
                Op op = i.memory ? memoryOp(i) : registerOp(i);
                yield op != null && unavailable ? new FaultOp(Vector.NM, -1) : op;
            }
            case FWAIT -> new X87Ops.Wait();
            case FXSAVE -> unavailable ? new FaultOp(Vector.NM, -1) : new FxStateOps.Save(i);
            case FXRSTOR -> unavailable ? new FaultOp(Vector.NM, -1) : new FxStateOps.Restore(i);
            case XSAVE -> new XsaveOps.Save(i, XsaveOps.Form.PLAIN);
            case XSAVEOPT -> new XsaveOps.Save(i, XsaveOps.Form.OPTIMISED);
            case XSAVEC -> new XsaveOps.Save(i, XsaveOps.Form.COMPACT);
            case XRSTOR -> new XsaveOps.Restore(i);
            default -> null;
        };
    }

    private static @Nullable Op registerOp(Insn i) {
        int escape = i.opcodeByte & 7;
        if (!FpuRegisterForms.isDefined(escape, i.modrm)) {
            return null;
        }
        return escape == 7 && i.modrm == 0xE0 ? new X87Ops.StatusToAx() : new X87Ops.Register(escape, i.modrm);
    }

    private static @Nullable Op memoryOp(Insn i) {
        int form = (i.opcodeByte & 7) << 3 | i.extension();
        if (FpuMemoryForms.loadBytes(form) != 0) {
            return new X87Ops.Load(i, form);
        }
        if (FpuMemoryForms.storeBytes(form) != 0) {
            return new X87Ops.Store(i, form);
        }
        return switch (form) {
            case LOAD_CONTROL -> new X87Ops.LoadControl(i);
            case STORE_CONTROL -> new X87Ops.StoreWord(i, false);
            case STORE_STATUS -> new X87Ops.StoreWord(i, true);
            case LOAD_ENVIRONMENT -> new X87StateOps.Load(i, false);
            case STORE_ENVIRONMENT -> new X87StateOps.Store(i, false);
            case RESTORE -> new X87StateOps.Load(i, true);
            case SAVE -> new X87StateOps.Store(i, true);
            default -> null;
        };
    }
}
