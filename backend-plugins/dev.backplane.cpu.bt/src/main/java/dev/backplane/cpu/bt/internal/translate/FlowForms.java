package dev.backplane.cpu.bt.internal.translate;

import static dev.backplane.cpu.bt.internal.emit.Assembler.AT_RAX_RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.MAP_0F;
import static dev.backplane.cpu.bt.internal.emit.Assembler.NOT_EQUAL;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RAX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.W;
import static dev.backplane.cpu.bt.internal.emit.Assembler.gs;
import static dev.backplane.cpu.bt.internal.emit.Assembler.gsRcx8;

import dev.backplane.cpu.bt.internal.emit.Assembler;
import dev.backplane.cpu.bt.internal.run.StateArea;
import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Gpr;

/**
 * Branches. Within a page a jump is direct once its target is translated; to another page, and to what may reach into it, it goes
 * through the jump cache, which follows the translation of addresses. Jumps backwards and indirect ones look whether the thread is wanted.
 */
final class FlowForms {
    private static final long PAGE = 4096;
    /** What begins behind this may reach into the next page, whose translation may change by itself. */
    private static final long LAST_NEAR = PAGE - Decoder.MAX_LENGTH;

    private final Emission e;
    private final Assembler a;
    private final StackForms stack;

    private LinkFinder finder = rip -> -1;
    private long begin;
    private int page;

    FlowForms(Emission e, StackForms stack) {
        this.e = e;
        this.stack = stack;
        a = e.a;
    }

    /** Starts a block at an instruction pointer, in a page of RAM. */
    void begin(LinkFinder links, long rip, int ramPage) {
        finder = links;
        begin = rip;
        page = ramPage;
    }

    private static long target(Insn i, long ip) {
        return ip + i.length + i.immediate;
    }

    void jump(Insn i) {
        e.store(e.liveOut);
        to(target(i, e.ip), e.ip, 0);
    }

    void jumpIf(Insn i) {
        e.restore(Liveness.read(i));
        int condition = i.opcodeByte & 15;
        long target = target(i, e.ip);
        if (target > e.ip && near(target) && !e.counted) {
            e.storeAside(e.liveTaken);
            int place = a.jcc(condition);
            link(place, target);
        } else {
            int over = a.jcc(condition ^ 1);
            boolean known = e.last.known();
            e.storeAside(e.liveTaken);
            e.refund();
            to(target, e.ip, 0);
            a.land(over);
            e.last.restore(known);
        }
    }

    void call(Insn i) {
        e.preserve();
        stack.pushReturn(e.ip + i.length);
        to(target(i, e.ip), e.ip, 8);
    }

    void ret(Insn i) {
        int more = 8 + (i.opcodeByte == 0xC2 ? (int) i.immediate : 0);
        e.preserve();
        e.access(Gpr.RSP, 0, 8, false);
        a.load(RAX, AT_RAX_RCX);
        a.lea(RegisterMap.GUEST_RSP, RegisterMap.GUEST_RSP, -1, 0, more, true);
        indirect(-more);
    }

    void jumpIndirect(Insn i) {
        e.preserve();
        if (i.memory) {
            e.access(8, false, false);
            a.load(RAX, AT_RAX_RCX);
        } else {
            int source = e.inRegister(i.rm, RAX);
            if (source != RAX) {
                a.load(RAX, source);
            }
        }
        indirect(0);
    }

    void callIndirect(Insn i) {
        e.preserve();
        if (i.memory) {
            e.access(8, false, false);
            a.load(RAX, AT_RAX_RCX);
            e.last.forget();
            a.store(gs(StateArea.TEMPORARY), RAX);
            stack.pushReturn(e.ip + i.length);
            a.load(RAX, gs(StateArea.TEMPORARY));
        } else {
            stack.pushReturn(e.ip + i.length);
            int source = e.inRegister(i.rm, RAX);
            if (source != RAX) {
                a.load(RAX, source);
            }
        }
        indirect(8);
    }

    /** The block ends before an instruction that is not translated. */
    void leave(long rip) {
        e.slow().leave(a.jmp(), Exits.LEAVE, 0, 0, rip);
    }

    /** Goes on at an instruction pointer. Flags are in the slot. {@code undo}: what to add to rsp if the target cannot be. */
    void to(long target, long from, int undo) {
        if (target <= from) {
            e.poll(target);
        }
        if (near(target)) {
            link(a.jmp(), target);
            return;
        }
        throughCache(target, from, undo, e.set);
    }

    /** Goes on behind an instruction that has chosen another TLB. */
    void onward(long target, int set) {
        if (near(target)) {
            e.slow().link(a.jmp(), page, target);
        } else {
            throughCache(target, e.ip, 0, set);
        }
    }

    private void throughCache(long target, long from, int undo, int set) {
        int slot = (int) target & StateArea.JUMP_SLOTS - 1;
        a.constant(RAX, target);
        a.op(W, 0x3B, RAX, gs(StateArea.targets(set) + 8 * slot));
        e.slow().leave(a.jcc(NOT_EQUAL), Exits.JUMP, undo, 0, from);
        a.op(0, 0xFF, 4, gs(StateArea.codes(set) + 8 * slot));
    }

    private boolean near(long target) {
        return ((target ^ begin) & -PAGE) == 0 && (target & PAGE - 1) <= LAST_NEAR;
    }

    private void link(int place, long target) {
        int known = target == begin ? e.base : finder.find(target);
        if (known >= 0) {
            a.patch(place, known - e.base);
        } else {
            e.slow().link(place, page, target);
        }
    }

    private void indirect(int undo) {
        indirect(undo, e.set);
    }

    /** Goes on at the target in rax, by the jump cache of a TLB. */
    void indirect(int undo, int set) {
        a.op(0, MAP_0F | 0xB7, RCX, RAX);
        a.op(W, 0x3B, RAX, gsRcx8(StateArea.targets(set)));
        e.slow().leave(a.jcc(NOT_EQUAL), Exits.JUMP, undo, 0, e.ip);
        e.comparePoll();
        e.slow().leave(a.jcc(NOT_EQUAL), Exits.JUMP, undo, 0, e.ip);
        a.op(0, 0xFF, 4, gsRcx8(StateArea.codes(set)));
    }
}
