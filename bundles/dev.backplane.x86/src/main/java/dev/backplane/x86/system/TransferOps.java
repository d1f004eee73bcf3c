package dev.backplane.x86.system;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Vector;
import org.jspecify.annotations.Nullable;

/** Far transfers, software interrupts, IRET and the fast system calls. */
final class TransferOps {
    private final FarTransfer transfer;
    private final Returns returns;
    private final EventDelivery events;
    private final Virtual8086 virtual8086 = new Virtual8086();

    TransferOps(TaskSwitch tasks, EventDelivery events) {
        transfer = new FarTransfer(tasks);
        returns = new Returns(tasks);
        this.events = events;
    }

    @Nullable
    Op op(Insn i) {
        return switch (i.mnemonic()) {
            case JMP_FAR -> far(i, false);
            case CALL_FAR -> far(i, true);
            case RET_FAR -> {
                int released = (int) i.immediate & 0xffff;
                yield SysOp.lastOnStack(i, (c, o) -> returns.far(c, o.bytes, released));
            }
            case IRET -> SysOp.lastOnStack(i, (c, o) -> returns.interrupt(c, o.bytes));
            case INT3 -> SysOp.last(i, (c, o) -> events.software(c, Vector.BP, true));
            case INT1 -> SysOp.last(i, (c, o) -> events.debugException(c));
            case INTO ->
                SysOp.last(i, (c, o) -> {
                    if (c.of()) {
                        events.software(c, Vector.OF, true);
                    }
                });
            case INT -> {
                int vector = (int) i.immediate & 0xff;
                yield SysOp.last(i, (c, o) -> interrupt(c, vector));
            }
            case SYSCALL ->
                SysOp.last(i, (c, o) -> {
                    boolean traced = (c.systemFlags & Bits.TF) != 0;
                    SystemCalls.syscall(c);
                    events.forgetTrap(c, traced);
                });
            case SYSRET -> SysOp.last(i, (c, o) -> SystemCalls.sysret(c, o.bytes == 8));
            case SYSENTER -> SysOp.last(i, (c, o) -> SystemCalls.sysenter(c));
            case SYSEXIT -> SysOp.last(i, (c, o) -> SystemCalls.sysexit(c, o.bytes == 8));
            default -> null;
        };
    }

    private Op far(Insn i, boolean call) {
        if (i.memory) {
            return SysOp.reads(i, i.operandBytes, true, (c, o) -> {
                long offset = o.readBehind(c, 0, o.bytes);
                go(c, (int) o.readBehind(c, o.bytes, 2), offset, o.bytes, call);
            });
        }
        int selector = i.immediate2;
        long offset = i.immediate;
        return SysOp.last(i, (c, o) -> go(c, selector, offset, o.bytes, call));
    }

    private void go(Cpu c, int selector, long offset, int bytes, boolean call) {
        if (call) {
            transfer.call(c, selector, offset, bytes);
        } else {
            transfer.jump(c, selector, offset);
        }
    }

    private void interrupt(Cpu c, int vector) {
        if (c.virtual8086()) {
            boolean traced = (c.systemFlags & Bits.TF) != 0;
            if (virtual8086.interrupt(c, vector)) {
                events.forgetTrap(c, traced);
                return;
            }
        }
        events.software(c, vector, true);
    }
}
