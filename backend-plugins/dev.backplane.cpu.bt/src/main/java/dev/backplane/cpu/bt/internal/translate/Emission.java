package dev.backplane.cpu.bt.internal.translate;

import static dev.backplane.cpu.bt.internal.emit.Assembler.ABOVE;
import static dev.backplane.cpu.bt.internal.emit.Assembler.AT_RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.BELOW;
import static dev.backplane.cpu.bt.internal.emit.Assembler.BYTE;
import static dev.backplane.cpu.bt.internal.emit.Assembler.LESS;
import static dev.backplane.cpu.bt.internal.emit.Assembler.MAP_0F;
import static dev.backplane.cpu.bt.internal.emit.Assembler.NOT_EQUAL;
import static dev.backplane.cpu.bt.internal.emit.Assembler.OVERFLOW;
import static dev.backplane.cpu.bt.internal.emit.Assembler.P66;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RAX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.W;
import static dev.backplane.cpu.bt.internal.emit.Assembler.gs;
import static dev.backplane.cpu.bt.internal.emit.Assembler.gsRcx;

import dev.backplane.cpu.bt.internal.emit.Assembler;
import dev.backplane.cpu.bt.internal.run.StateArea;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import java.util.Arrays;

/**
 * The block that is being emitted: where its flags are, how guest memory and registers are reached, and the slow paths that come
 * behind it. The instruction is told by {@link #begin}.
 */
final class Emission {
    /** 4 KiB pages; a slot's displacement is the page number's low bits times 32. */
    private static final int PAGE = 4096;

    private static final int SLOT_MASK = StateArea.TLB_BYTES - 32;
    private static final int ROTATION = 7;
    private static final int TAG_WRITE = 8;

    /** The begin of every check, up to the jump where it fails, and where in it tag, limit and the jump's distance are. */
    private static final byte[] LOOK_UP = lookUp();

    private static final int TAG_AT = 16;
    private static final int LIMIT_AT = 22;
    private static final int MISS_AT = 28;

    private static final int HOST_PAGE = 24;
    /** As a byte register, without REX. */
    private static final int AH = 4;

    final Assembler a = new Assembler();
    private final SlowPaths slow;

    /** Offset of the block in the code memory. */
    int base;
    /** The TLB of its mode. */
    int set;
    /** All flags are materialised before anything that can leave. */
    boolean exact;
    /** Instructions are counted, and no flag is the host's choice. */
    boolean counted;
    /** Instructions of the block. */
    private int total;

    /** Instruction being emitted, its address, how many of the block are not done before it. */
    Insn i = new Insn();

    long ip;
    private int open;
    /** Flags that somebody may read after it. */
    int liveOut;
    /** Flags that the target of a conditional jump may read. */
    int liveTaken;

    /** What the last check is good for. */
    final LastCheck last = new LastCheck();

    private final GuestAddress operand = new GuestAddress();

    private boolean inFlags;
    private boolean inSlot;

    /** The state area says already that upper halves of vectors are in use. */
    private boolean uppersKnown;

    Emission(ExitTable exits) {
        slow = new SlowPaths(this, exits);
    }

    /** Starts a block of so many instructions: by convention its flags are in the slot. */
    void clear(int instructions) {
        a.clear();
        slow.clear();
        inFlags = false;
        inSlot = true;
        uppersKnown = false;
        total = instructions;
        last.forget();
    }

    /** Takes the whole block off the count, before its first instruction at an address; where less is left, nothing of it is done. */
    void charge(long rip) {
        if (counted) {
            a.op(W, 0x81, 5, gs(StateArea.LEFT));
            a.int4(total);
            slow.leave(a.jcc(LESS), Exits.LIMIT, 0, total, rip);
        }
    }

    /** The block ends behind this instruction, before its end: what is not done does not count. Changes EFLAGS. */
    void refund() {
        if (counted && open > 1) {
            a.op(W, 0x81, 0, gs(StateArea.LEFT));
            a.int4(open - 1);
        }
    }

    void begin(Insn insn, long address, int before, int live) {
        i = insn;
        ip = address;
        open = total - before;
        liveOut = live;
    }

    /** Emits what was put off, at the end of the block. */
    void finish() {
        slow.emit(base);
    }

    // ---- flags ------------------------------------------------------------------------------------------------------

    /** What comes next destroys EFLAGS before the instruction itself: keeps what it or others need. */
    void preserve() {
        preserve(exact ? Liveness.ALL : Liveness.read(i) | liveOut & ~Liveness.killed(i));
    }

    private void preserve(int needed) {
        if (inFlags) {
            store(needed);
            inFlags = false;
        }
    }

    /** Live flags go to the slot, as they must at the end of a block. EFLAGS keep them. */
    void store(int needed) {
        if (needed == 0 || inSlot) {
            return;
        }
        if (!inFlags) {
            throw new IllegalStateException("flags %x are lost before %x".formatted(needed, ip));
        }
        if ((needed & ~Bits.CF) == 0) {
            a.op(BYTE, MAP_0F | 0x90 | BELOW, 0, gs(StateArea.FLAGS + 1));
        } else {
            last.forget();
            a.byte1(0x9F);
            if ((needed & Bits.OF) != 0) {
                a.op(BYTE, MAP_0F | 0x90 | OVERFLOW, 0, RAX);
                a.op(P66, 0x89, RAX, gs(StateArea.FLAGS));
            } else {
                a.op(0, 0x88, 4, gs(StateArea.FLAGS + 1));
            }
        }
        inSlot = true;
    }

    /** The same for a way that leaves the block, which may need fewer of them: on the other, nothing has happened. */
    void storeAside(int needed) {
        boolean before = inSlot;
        store(needed);
        inSlot = before;
    }

    /** What the instruction itself needs in EFLAGS. */
    int needed() {
        int written = Liveness.written(i);
        return Liveness.read(i) | (written == 0 ? 0 : liveOut & ~Liveness.killed(i));
    }

    boolean wouldRestore(int flags) {
        return flags != 0 && !inFlags;
    }

    /** Brings flags to EFLAGS. Changes host rax only. */
    void restore(int flags) {
        if (!wouldRestore(flags)) {
            return;
        }
        if (!inSlot) {
            throw new IllegalStateException("flags %x are lost at %x".formatted(flags, ip));
        }
        last.forget();
        // Also what only a later instruction reads: EFLAGS are the flags from here on.
        if (((flags | liveOut) & Bits.OF) != 0) {
            a.op(0, MAP_0F | 0xB7, RAX, gs(StateArea.FLAGS));
            a.byte1(0x04);
            a.byte1(0x7F);
        } else {
            a.op(0, 0x8A, 4, gs(StateArea.FLAGS + 1));
        }
        a.byte1(0x9E);
        inFlags = true;
    }

    /** The instruction has set EFLAGS. */
    void flagsSet() {
        if (Liveness.written(i) != 0) {
            inFlags = true;
            inSlot = false;
        }
    }

    /** Whether flags that the instruction leaves to the processor are looked at, and have to be the interpreter's. */
    boolean mends() {
        return counted && (ChosenResults.flags(i) & liveOut) != 0;
    }

    /** Behind a shift: AF is 0 and, where {@code overflow}, OF what {@link StateArea#TEMPORARY} has. Uses rax. */
    void mendShift(boolean overflow) {
        last.forget();
        store(Liveness.ALL);
        if (overflow) {
            a.op(0, 0x8A, RAX, gs(StateArea.TEMPORARY));
            a.op(0, 0x88, RAX, gs(StateArea.FLAGS));
        }
        a.op(BYTE, 0x80, 4, gs(StateArea.FLAGS + 1));
        a.byte1(~Bits.AF);
        inFlags = false;
    }

    /** Behind a multiplication: ZF and AF are 0, SF and PF follow the low half, which a guest register has. Uses rax and rcx. */
    void mendProduct(int guest, int size) {
        last.forget();
        a.op(BYTE, MAP_0F | 0x90 | OVERFLOW, 0, RAX);
        a.op(0, 0x88, RAX, gs(StateArea.FLAGS));
        int low = inRegister(guest, RCX);
        a.op(size, (size & BYTE) != 0 ? 0x84 : 0x85, low, low);
        a.byte1(0x9F);
        a.op(0, 0x80, 4, AH);
        a.byte1(~(Bits.ZF | Bits.AF | Bits.CF));
        a.op(0, 0x0A, AH, gs(StateArea.FLAGS));
        a.op(0, 0x88, AH, gs(StateArea.FLAGS + 1));
        inSlot = true;
        inFlags = false;
    }

    /** All flags that are live are in the slot, whatever the instruction did to EFLAGS. */
    void flagsInSlot() {
        inFlags = false;
        inSlot = true;
    }

    // ---- guest memory -----------------------------------------------------------------------------------------------

    /** Checks the instruction's memory operand: the offset in its page is in rax then, the page's host address in rcx. */
    void access(int size, boolean write, boolean aligned) {
        boolean relative = i.base == Gpr.IP;
        operand.set(
                relative ? Gpr.ZERO : i.base,
                i.index,
                i.scale,
                i.displacement + (relative ? ip : 0),
                i.segment == Seg.FS || i.segment == Seg.GS ? i.segment : GuestAddress.FLAT,
                i.addressBytes == 8);
        access(operand, size, write, aligned);
    }

    /** Checks {@code [guest register + displacement]}. */
    void access(int register, int displacement, int size, boolean write) {
        operand.set(register, Gpr.ZERO, 0, displacement, GuestAddress.FLAT, true);
        access(operand, size, write, false);
    }

    private void access(GuestAddress address, int size, boolean write, boolean aligned) {
        if (!aligned && last.covers(address, size, write)) {
            return;
        }
        preserve();
        int info = size | (write ? Exits.WRITE : 0) | open << 16;
        if (last.reaches(address, write)) {
            inSamePage(address, size, info);
        } else {
            int retry = a.size();
            linear(address);
            lookUp(retry, info, ip);
        }
        last.checked(address, size, write);
        if (aligned && size > 1) {
            a.byte1(0xA8);
            a.byte1(size - 1);
            interpretIf(NOT_EQUAL);
        }
    }

    /** Only the offset is checked; behind the block, everything is. */
    private void inSamePage(GuestAddress address, int size, int info) {
        int distance = (int) last.distance(address);
        if (distance != 0) {
            a.lea(RAX, RAX, -1, 0, distance, true);
        }
        a.byte1(0x48);
        a.byte1(0x3D);
        a.int4(PAGE - size);
        slow.check(a.jcc(ABOVE), a.size(), info, ip, address);
    }

    /** Checks the part of a bit string that has the bit whose number is in a register. */
    void accessBit(int register, boolean write) {
        preserve();
        int retry = a.size();
        int size = i.operandBytes;
        effective(RAX, true);
        last.forget();
        int source = inRegister(register, RCX);
        switch (size) {
            case 2 -> a.op(W, MAP_0F | 0xBF, RCX, source);
            case 4 -> a.op(W, 0x63, RCX, source);
            default -> a.op(W, 0x8B, RCX, source);
        }
        int shift = Integer.numberOfTrailingZeros(size);
        a.op(W, 0xC1, 7, RCX);
        a.byte1(shift + 3);
        a.lea(RAX, RAX, RCX, shift, 0, true);
        if (i.segment == Seg.FS || i.segment == Seg.GS) {
            segment(i.segment);
        }
        lookUp(retry, size | (write ? Exits.WRITE : 0) | open << 16, ip);
        if (i.lock) {
            a.byte1(0xA8);
            a.byte1(size - 1);
            interpretIf(NOT_EQUAL);
        }
    }

    private static byte[] lookUp() {
        var a = new Assembler();
        a.rorx(RCX, RAX, ROTATION, false);
        a.op(0, 0x81, 4, RCX);
        a.int4(SLOT_MASK);
        a.op(W, 0x33, RAX, gsRcx(0));
        a.byte1(0x48);
        a.byte1(0x3D);
        a.int4(0);
        a.jcc(ABOVE);
        return Arrays.copyOf(a.code(), a.size());
    }

    /** The linear address in rax is looked up in the TLB; where it fails, it is tried again at an offset in the block. */
    void lookUp(int retry, int info, long rip) {
        int tag = StateArea.TLBS + set * StateArea.TLB_BYTES + ((info & Exits.WRITE) != 0 ? TAG_WRITE : 0);
        int page = StateArea.TLBS + set * StateArea.TLB_BYTES + HOST_PAGE;
        int begin = a.size();
        a.bytes(LOOK_UP);
        a.put(begin + TAG_AT, tag);
        a.put(begin + LIMIT_AT, PAGE - (info & 0xFF));
        slow.miss(begin + MISS_AT, retry, info, rip, tag);
        a.op(W, 0x8B, RCX, gsRcx(page));
    }

    /** Frees rax after a check: the operand is {@code AT_RCX} then. */
    int joinInRcx() {
        last.forget();
        a.lea(RCX, RAX, RCX, 0, 0, true);
        return AT_RCX;
    }

    /** The linear address in rax. Uses rcx. */
    void linear(GuestAddress address) {
        effective(RAX, address.base, address.index, address.scale, address.displacement, address.wide);
        if (address.segment != GuestAddress.FLAT) {
            segment(address.segment);
        }
    }

    private void segment(int segment) {
        a.op(W, 0x03, RAX, gs(segment == Seg.FS ? StateArea.FS_BASE : StateArea.GS_BASE));
    }

    /** The instruction's effective address, cut to 32 bits unless {@code wide}. Leaves the flags. */
    void effective(int target, boolean wide) {
        boolean relative = i.base == Gpr.IP;
        int base = relative ? Gpr.ZERO : i.base;
        effective(target, base, i.index, i.scale, i.displacement + (relative ? ip : 0), wide);
    }

    private void effective(int target, int baseGuest, int indexGuest, int scale, long displacement, boolean wide) {
        if (target == RAX) {
            last.forget();
        }
        if (baseGuest == Gpr.ZERO && indexGuest == Gpr.ZERO) {
            a.constant(target, wide ? displacement : displacement & 0xFFFFFFFFL);
            return;
        }
        int index = indexGuest == Gpr.ZERO ? -1 : inRegister(indexGuest, RCX);
        int base = baseGuest == Gpr.ZERO ? -1 : inRegister(baseGuest, RAX);
        if (index < 0 && displacement == 0 && wide) {
            if (base != target) {
                a.load(target, base);
            }
            return;
        }
        a.lea(target, base, index, scale, (int) displacement, wide);
    }

    /** The host register that has a guest register's value: its home, or scratch. */
    int inRegister(int guest, int scratch) {
        int home = RegisterMap.home(guest);
        if (home >= 0) {
            return home;
        }
        last.forget();
        a.load(scratch, slot(guest));
        return scratch;
    }

    /** Where in the state area a guest register is that has no home. */
    static int slot(int guest) {
        return gs(StateArea.REGISTERS + 8 * guest);
    }

    /** Puts a whole register into a guest register. */
    void assign(int guest, int host) {
        last.changed(guest);
        if (host == RAX || host == RCX) {
            last.forget();
        }
        int home = RegisterMap.home(guest);
        if (home < 0) {
            a.store(slot(guest), host);
        } else if (home != host) {
            a.load(home, host);
        }
    }

    // ---- upper halves of vectors ------------------------------------------------------------------------------------

    /** The instruction may give an upper half a value. Changes nothing else. */
    void usesUppers() {
        if (!uppersKnown) {
            uppers(1);
            uppersKnown = true;
        }
    }

    /** All upper halves have become zero. */
    void clearedUppers() {
        uppers(0);
        uppersKnown = false;
    }

    private void uppers(int used) {
        a.op(BYTE, 0xC6, 0, gs(StateArea.UPPERS_USED));
        a.byte1(used);
    }

    // ---- leaving ----------------------------------------------------------------------------------------------------

    /** Leaves to the interpreter for this instruction if a condition holds. */
    void interpretIf(int condition) {
        slow.leave(a.jcc(condition), Exits.INTERPRET, 0, open, ip);
    }

    /** Leaves for something that Java does, and goes on behind it; {@code more} says what. Flags are in the slot. */
    void outside(int kind, int more) {
        int place = a.jmp();
        slow.outside(place, kind, a.size(), open | more, ip);
    }

    /** Leaves if somebody wants the thread, to go on at an instruction pointer. */
    void poll(long target) {
        comparePoll();
        slow.leave(a.jcc(NOT_EQUAL), Exits.POLL, 0, 0, target);
    }

    void comparePoll() {
        a.op(0, 0x83, 7, gs(StateArea.POLL));
        a.byte1(0);
    }

    SlowPaths slow() {
        return slow;
    }
}
