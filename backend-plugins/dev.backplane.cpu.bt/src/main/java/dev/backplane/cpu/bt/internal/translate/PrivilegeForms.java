package dev.backplane.cpu.bt.internal.translate;

import static dev.backplane.cpu.bt.internal.emit.Assembler.ABOVE;
import static dev.backplane.cpu.bt.internal.emit.Assembler.AT_RAX_RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.BYTE;
import static dev.backplane.cpu.bt.internal.emit.Assembler.EQUAL;
import static dev.backplane.cpu.bt.internal.emit.Assembler.NOT_EQUAL;
import static dev.backplane.cpu.bt.internal.emit.Assembler.P66;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RAX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RDX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.W;
import static dev.backplane.cpu.bt.internal.emit.Assembler.gs;
import static dev.backplane.cpu.bt.internal.emit.Assembler.gsRcx8;

import dev.backplane.cpu.bt.internal.emit.Assembler;
import dev.backplane.cpu.bt.internal.run.StateArea;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.mmu.Mmu;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;

/**
 * The way into a kernel and back without leaving emitted code: SYSCALL, SYSRET, SWAPGS, STAC, CLAC, and the instructions on FS and GS
 * bases. They work on the state area, and the {@code Cpu} follows at the next exit (see {@code StateArea.follow}). What they depend
 * on is looked at when the code runs; where it is not as it should be, the interpreter executes the instruction.
 */
final class PrivilegeForms {
    private static final int UPPER_BITS = 16;
    /** IA32_FS_BASE; those of GS and of SWAPGS follow, here as in the state area (SDM 4, table 2-2). */
    private static final int FS_BASE_REGISTER = 0xC0000100;

    private final Emission e;
    private final Assembler a;
    private final SystemForms system;
    private final FlowForms flow;

    PrivilegeForms(Emission e, SystemForms system, FlowForms flow) {
        this.e = e;
        this.system = system;
        this.flow = flow;
        a = e.a;
    }

    /** From user mode. */
    void syscall(Insn i) {
        system.flags();
        needs(StateArea.SYSCALLS);
        a.store(gs(StateArea.REGISTERS + 8 * Gpr.R11), RAX);
        a.op(0, 0x23, RAX, gs(StateArea.SYSCALL_FLAGS));
        system.setFlags();
        a.constant(RegisterMap.GUEST_RCX, e.ip + i.length);
        selectors(StateArea.SYSCALL_SELECTORS);
        transition(StateArea.ENTERED, 0);
        a.load(RAX, gs(StateArea.LSTAR));
        flow.indirect(0, 0);
    }

    /** To 64-bit user code. */
    void sysret() {
        e.preserve();
        needs(StateArea.SYSRETS);
        // An interrupt that waits may come behind it.
        a.op(BYTE, 0x80, 7, gs(StateArea.PENDING));
        a.byte1(0);
        e.interpretIf(NOT_EQUAL);
        a.load(RAX, RegisterMap.GUEST_RCX);
        canonical(RegisterMap.GUEST_RCX);
        a.load(RAX, gs(StateArea.REGISTERS + 8 * Gpr.R11));
        a.byte1(0xA9);
        a.int4(~SystemForms.PLAIN);
        e.interpretIf(NOT_EQUAL);
        a.op(0, 0x83, 1, RAX);
        a.byte1(2);
        system.setFlags();
        selectors(StateArea.SYSRET_SELECTORS);
        transition(StateArea.RETURNED, Mmu.USER);
        a.load(RAX, RegisterMap.GUEST_RCX);
        flow.indirect(0, Mmu.USER);
    }

    /** IRETQ to where it came from: the same selectors, plain flags. Nothing is changed before all of the frame has been looked at. */
    void interruptReturn() {
        e.preserve();
        needs(StateArea.RETURNS);
        a.op(BYTE, 0x80, 7, gs(StateArea.PENDING));
        a.byte1(0);
        e.interpretIf(NOT_EQUAL);
        a.op(0, 0xF7, 0, gs(StateArea.SYSTEM_FLAGS));
        a.int4(Bits.AC | Bits.NT);
        e.interpretIf(NOT_EQUAL);
        sameSelector(8, Seg.CS);
        sameSelector(32, Seg.SS);
        a.store(gs(StateArea.FRAME_RSP), frame(24));
        a.store(gs(StateArea.FRAME_RIP), frame(0));
        a.load(RCX, RAX);
        canonical(RCX);
        frame(16);
        a.byte1(0xA9);
        a.int4(~SystemForms.PLAIN);
        e.interpretIf(NOT_EQUAL);
        a.op(0, 0x83, 1, RAX);
        a.byte1(2);
        system.setFlags();
        a.load(RegisterMap.GUEST_RSP, gs(StateArea.FRAME_RSP));
        a.load(RAX, gs(StateArea.FRAME_RIP));
        flow.indirect(0, e.set);
    }

    private void sameSelector(int displacement, int segment) {
        frame(displacement);
        a.op(P66, 0x3B, RAX, gs(StateArea.SELECTORS + 2 * segment));
        e.interpretIf(NOT_EQUAL);
    }

    /** Eight bytes of the frame in rax. */
    private int frame(int displacement) {
        e.access(Gpr.RSP, displacement, 8, false);
        a.load(RAX, AT_RAX_RCX);
        e.last.forget();
        return RAX;
    }

    /** STAC and CLAC choose another TLB, and with it the code that goes on. */
    void access(Insn i) {
        boolean allow = i.mnemonic() == Mnemonic.STAC;
        e.preserve();
        needs(StateArea.SMAP);
        a.op(0, 0x81, allow ? 1 : 4, gs(StateArea.SYSTEM_FLAGS));
        a.int4(allow ? Bits.AC : ~Bits.AC);
        int set = allow ? Mmu.SUPERVISOR_AC : Mmu.SUPERVISOR;
        byteAt(StateArea.SET, set);
        e.store(e.liveOut);
        flow.onward(e.ip + i.length, set);
    }

    void swapGs() {
        a.load(RAX, gs(StateArea.GS_BASE));
        a.load(RCX, gs(StateArea.KERNEL_GS_BASE));
        a.store(gs(StateArea.KERNEL_GS_BASE), RAX);
        a.store(gs(StateArea.GS_BASE), RCX);
    }

    /** RDFSBASE and RDGSBASE. */
    void readBase(Insn i) {
        e.preserve();
        needs(StateArea.BASES);
        int home = RegisterMap.home(i.rm);
        int target = home < 0 ? RAX : home;
        a.op(i.operandBytes == 8 ? W : 0, 0x8B, target, gs(base(i)));
        e.assign(i.rm, target);
    }

    /** WRFSBASE and WRGSBASE: the base is canonical, also where linear addresses have 57 bits. */
    void writeBase(Insn i) {
        e.preserve();
        needs(StateArea.BASES);
        int source = e.inRegister(i.rm, RCX);
        a.op(i.operandBytes == 8 ? W : 0, 0x8B, RCX, source);
        if (i.operandBytes == 8) {
            a.load(RAX, RCX);
            canonical(RCX);
        }
        a.store(gs(base(i)), RCX);
    }

    /** WRMSR of the bases of FS and GS, and of the one that SWAPGS brings; the interpreter writes all others. */
    void writeModel() {
        e.preserve();
        a.op(0, 0x8B, RCX, RegisterMap.GUEST_RAX);
        a.load(RAX, RDX);
        a.op(W, 0xC1, 4, RAX);
        a.byte1(32);
        a.op(W, 0x0B, RCX, RAX);
        a.load(RAX, RCX);
        canonical(RCX);
        a.store(gs(StateArea.TEMPORARY), RCX);
        a.lea(RCX, RegisterMap.GUEST_RCX, -1, 0, -FS_BASE_REGISTER, false);
        a.op(0, 0x83, 7, RCX);
        a.byte1(2);
        e.interpretIf(ABOVE);
        a.load(RAX, gs(StateArea.TEMPORARY));
        a.store(gsRcx8(StateArea.FS_BASE), RAX);
    }

    /** The interpreter does it where an address, which is in rax and in a register, is not canonical. Changes rax. */
    private void canonical(int register) {
        a.op(W, 0xC1, 4, RAX);
        a.byte1(UPPER_BITS);
        a.op(W, 0xC1, 7, RAX);
        a.byte1(UPPER_BITS);
        a.op(W, 0x3B, RAX, register);
        e.interpretIf(NOT_EQUAL);
    }

    private static int base(Insn i) {
        boolean fs = i.mnemonic() == Mnemonic.RDFSBASE || i.mnemonic() == Mnemonic.WRFSBASE;
        return fs ? StateArea.FS_BASE : StateArea.GS_BASE;
    }

    /** The interpreter does it where a byte of the state area is zero. Leaves the scratch registers. */
    private void needs(int displacement) {
        a.op(BYTE, 0x80, 7, gs(displacement));
        a.byte1(0);
        e.interpretIf(EQUAL);
    }

    private void selectors(int displacement) {
        a.op(0, 0x8B, RAX, gs(displacement));
        a.op(P66, 0x89, RAX, gs(StateArea.SELECTORS + 2 * Seg.CS));
        a.op(0, 0xC1, 5, RAX);
        a.byte1(16);
        a.op(P66, 0x89, RAX, gs(StateArea.SELECTORS + 2 * Seg.SS));
    }

    private void transition(int kind, int set) {
        byteAt(StateArea.SET, set);
        byteAt(StateArea.TRANSITION, kind);
    }

    private void byteAt(int displacement, int value) {
        a.op(BYTE, 0xC6, 0, gs(displacement));
        a.byte1(value);
    }
}
