package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.mmu.CodeWatch;
import dev.backplane.x86.mmu.Mmu;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The decoded code of one vCPU: finds the block at an instruction pointer, decodes it where there is none, and drops what is
 * overwritten. Blocks are keyed by their place in RAM, so that they outlive changes of the address space.
 */
public final class Blocks implements CodeWatch {
    private static final int TABLE = 1 << 16;
    private static final int MAX_INSTRUCTIONS = 64;
    private static final int SINGLES = 1 << 12;
    private static final int PAGE = 4096;
    /** Bytes that are looked at for one block. */
    private static final int WINDOW = 512;

    private final Cpu c;
    private final Decoder decoder;
    private final List<OpFamily> families;
    private final @Nullable Block[] table = new Block[TABLE];
    /** Of single instructions, for an owner that executes only some of them here. */
    private final @Nullable Block[] singles = new Block[SINGLES];

    private final @Nullable CodePage[] pages;

    private final byte[] window = new byte[WINDOW + Decoder.MAX_LENGTH];
    private final Insn insn = new Insn();
    private final CodeBudget.Share share;
    /** Bytes of the window that the last block was made from. */
    private int decodedBytes;

    /** Code of a vCPU, on its share of the budget. {@code families} are asked in order. */
    Blocks(Cpu c, Decoder decoder, List<OpFamily> families, CodeBudget.Share share) {
        this.share = share;
        this.c = c;
        this.decoder = decoder;
        this.families = families;
        pages = new CodePage[(int) (c.ram.byteSize() / PAGE)];
    }

    /** The first op of the block at {@code c.rip} if it is at hand, with r[IP] set for it; else null: the engine looks further. */
    @Nullable
    Op find(Cpu c) {
        long rip = c.rip;
        long linear = linear(c, rip);
        long at = c.executable(linear);
        if (at < 0) {
            return null;
        }
        Block block = table[hash(at)];
        if (block == null
                || block.key != Block.key(at, c.mode)
                || (c.mode & Cpu.LIMITED) != 0 && rip > c.lastBlockStart) {
            return null;
        }
        c.r[Gpr.IP] = rip - (linear & PAGE - 1);
        return block.first;
    }

    /** The first op of the block at {@code c.rip}, decoded now if need be, with r[IP] set. Throws the faults of fetching. */
    Op get() {
        long rip = c.rip;
        checkLimit(rip);
        long linear = linear(c, rip);
        long at = c.mmu.resolve(linear, Mmu.I);
        c.r[Gpr.IP] = rip - (linear & PAGE - 1);
        if (at < 0 || (c.mode & Cpu.LIMITED) != 0 && rip > c.lastBlockStart) {
            return stopping(single());
        }
        long key = Block.key(at, c.mode);
        CodePage page = pages[(int) (at / PAGE)];
        Block block = page == null ? null : page.find(key);
        if (block == null) {
            if (share.isUsedUp()) {
                dropAll();
            }
            block = decode(at, linear, key);
        }
        table[hash(at)] = block;
        return block.first;
    }

    /** A block of only the instruction at {@code c.rip}, made for one execution, with r[IP] set. */
    Op single() {
        long rip = c.rip;
        checkLimit(rip);
        long linear = linear(c, rip);
        long at = c.mmu.resolve(linear, Mmu.I);
        c.r[Gpr.IP] = rip - (linear & PAGE - 1);
        int position = (int) (linear & PAGE - 1);
        int here = fetch(at, Math.min(Decoder.MAX_LENGTH, PAGE - position), 0);
        Op op = decodeAt(0, here, position, 1, linear);
        if ((c.mode & Cpu.LIMITED) != 0) {
            checkLimit(rip + insn.length - 1);
        }
        if (!op.endsBlock()) {
            op.next = new LeaveOp(op);
        }
        return op;
    }

    /** As {@link #single}, and kept for the next time where the instruction lies in RAM. The first may be none: see {@link StraddleOp}. */
    Op keptSingle() {
        long rip = c.rip;
        long linear = linear(c, rip);
        long at = c.executable(linear);
        int position = (int) (linear & PAGE - 1);
        if (at < 0 || (c.mode & Cpu.LIMITED) != 0) {
            return single();
        }
        if (position > PAGE - Decoder.MAX_LENGTH) {
            Op first = get();
            if (first instanceof StraddleOp) {
                return first;
            }
        }
        long key = Block.singleKey(at, c.mode);
        int slot = hash(at) & SINGLES - 1;
        Block block = singles[slot];
        if (block == null || block.key != key) {
            block = known(at, key);
            singles[slot] = block;
        }
        c.r[Gpr.IP] = rip - position;
        return block.first;
    }

    private Block known(long at, long key) {
        if (share.isUsedUp()) {
            dropAll();
        }
        // The page is watched before it is read: a store that comes later is reported.
        CodePage page = page(at);
        Block block = page.find(key);
        if (block == null) {
            Op op;
            do {
                op = single();
                page.cover(op.offset, op.end);
                decodedBytes = op.end - op.offset;
                VarHandle.fullFence();
            } while (changed(at));
            charge(page, CodeBudget.ofBlock(1));
            block = new Block(key, op);
            page.add(block);
        }
        return block;
    }

    private static long linear(Cpu c, long rip) {
        return c.long64 ? rip : rip + c.segmentBase[Seg.CS] & 0xFFFFFFFFL;
    }

    private void checkLimit(long rip) {
        if (!c.long64 && rip > c.segmentLimit[Seg.CS]) {
            throw c.fault(Vector.GP, 0);
        }
    }

    private static int hash(long at) {
        return (int) (at ^ at >>> 13) & TABLE - 1;
    }

    // ---- decoding ---------------------------------------------------------------------------------------------------

    private Block decode(long at, long linear, long key) {
        // The page is watched before it is read: a store that comes later is reported.
        CodePage page = page(at);
        Block block;
        do {
            block = decode(page, at, linear, key);
            // Another vCPU's store may have come before it could see that these bytes are code.
            VarHandle.fullFence();
        } while (!block.straddles() && changed(at));
        page.add(block);
        return block;
    }

    /** Whether the bytes in RAM are others than those that were decoded into the last block. */
    private boolean changed(long at) {
        if (c.mmu.alone()) {
            return false;
        }
        MemorySegment decoded = MemorySegment.ofArray(window).asSlice(0, decodedBytes);
        return decoded.mismatch(c.ram.asSlice(at, decodedBytes)) >= 0;
    }

    private Block decode(CodePage page, long at, long linear, long key) {
        int start = (int) (at & PAGE - 1);
        int here = fetch(at, Math.min(WINDOW, PAGE - start), 0);
        int position = 0;
        Op first = null;
        Op last = null;
        Op previous = null;
        int count = 0;
        boolean stopped = false;
        while (count < MAX_INSTRUCTIONS) {
            Decoder.Result result = decoder.decode(window, position, here, c.mode & Cpu.CODE_SIZE, insn);
            if (result == Decoder.Result.MORE) {
                if (first != null) {
                    break;
                }
                return straddling(at, linear, key, page);
            }
            Op op = make(result, start + position, ++count);
            Op entered = stopping(op);
            if (!c.watched
                    && c.tracer == null
                    && entered == op
                    && !stopped
                    && last instanceof CompareOp comparison
                    && insn.mnemonic() == Mnemonic.JCC
                    && result == Decoder.Result.OK) {
                op = comparison.fuse(this, insn);
                entered = op;
                if (first == last) {
                    first = op;
                } else {
                    previous.next = op;
                }
            } else if (first == null) {
                first = entered;
            } else {
                last.next = entered;
                previous = last;
            }
            last = op;
            stopped = entered != op;
            position += insn.length;
            if (op.endsBlock()) {
                break;
            }
        }
        if (first == null || last == null) {
            throw new IllegalStateException("a block without instructions");
        }
        if (!last.endsBlock()) {
            var onward = new OnwardOp(this, last);
            last.next = onward;
        }
        page.cover(start, start + position);
        decodedBytes = position;
        charge(page, CodeBudget.ofBlock(count));
        return new Block(key, first);
    }

    /** A block of one instruction that reaches into the next page; its guard checks that the same page still follows. */
    private Block straddling(long at, long linear, long key, CodePage page) {
        int start = (int) (at & PAGE - 1);
        long following = c.mmu.resolve(c.mmu.wrap(linear - start + PAGE), Mmu.I);
        if (following >= 0) {
            page(following).cover(0, Decoder.MAX_LENGTH - 1);
        }
        // Both pages are read only now that stores to them are reported.
        page.cover(start, PAGE);
        VarHandle.fullFence();
        fetch(at, PAGE - start, 0);
        Op op = decodeAt(0, PAGE - start, start, 1, linear);
        op.next = op.endsBlock() ? op.next : new LeaveOp(op);
        charge(page, CodeBudget.ofBlock(1));
        var guard = new StraddleOp(this, stopping(op), following);
        var block = new Block(key, guard);
        guard.guards(block);
        if (following >= 0) {
            page(following).addStraddling(block);
        }
        return block;
    }

    /** Decodes one instruction from the window, fetching the next page if it reaches there. */
    private Op decodeAt(int from, int to, int position, int count, long linear) {
        Decoder.Result result = decoder.decode(window, from, to, c.mode & Cpu.CODE_SIZE, insn);
        if (result == Decoder.Result.MORE) {
            long next = c.mmu.resolve(c.mmu.wrap((linear | PAGE - 1) + 1), Mmu.I);
            int more = fetch(next, Decoder.MAX_LENGTH - (to - from), to);
            result = decoder.decode(window, from, to + more, c.mode & Cpu.CODE_SIZE, insn);
        }
        return make(result, position, count);
    }

    private Op make(Decoder.Result result, int position, int count) {
        Op op = switch (result) {
            case OK -> operation();
            case TOO_LONG -> new FaultOp(Vector.GP, 0);
            case UNDEFINED, MORE -> new FaultOp(Vector.UD, -1);
        };
        op.place(insn, position, count);
        if (op instanceof MemOp access) {
            access.settle();
        }
        return op;
    }

    /** What stands before an instruction that may have a debugger's breakpoint; else the instruction itself. */
    private Op stopping(Op op) {
        return c.mmu.stopPoints().executesAt(op.offset) ? new BreakOp(op) : op;
    }

    private Op operation() {
        for (OpFamily family : families) {
            Op op = family.op(insn, c.mode);
            if (op != null) {
                return op;
            }
        }
        return new FaultOp(Vector.UD, -1);
    }

    /** Copies code into the window; returns the number of bytes. Code outside of RAM is read byte by byte. */
    private int fetch(long at, int length, int to) {
        if (at >= 0) {
            MemorySegment.copy(c.ram, ValueLayout.JAVA_BYTE, at, window, to, length);
        } else {
            for (int n = 0; n < length; n++) {
                window[to + n] = (byte) c.platform.mmioRead(-1 - at + n, 1);
            }
        }
        return length;
    }

    private CodePage page(long at) {
        int number = (int) (at / PAGE);
        CodePage page = pages[number];
        if (page == null) {
            page = new CodePage();
            pages[number] = page;
            charge(page, CodeBudget.ofPage());
            c.mmu.watchPage(at);
        }
        return page;
    }

    private void charge(CodePage page, int amount) {
        page.cost += amount;
        share.add(amount);
    }

    // ---- code that changes ------------------------------------------------------------------------------------------

    @Override
    public void written(long offset, long length) {
        if (covers(offset, length)) {
            drop(offset);
        }
    }

    @Override
    public void writtenAnywhere() {
        dropAll();
    }

    @Override
    public boolean covers(long offset, long length) {
        CodePage page = pages[(int) (offset / PAGE)];
        return page != null && (length >= PAGE || page.covers((int) (offset & PAGE - 1), (int) length));
    }

    /** Drops all code: what comes next is decoded anew. Not while a block is executed. */
    void dropAll() {
        for (int number = 0; number < pages.length; number++) {
            drop((long) number * PAGE);
        }
        Arrays.fill(table, null);
        Arrays.fill(singles, null);
    }

    /** The vCPU runs no more: drops everything. */
    void close() {
        dropAll();
        share.close();
    }

    /** Drops the code of a page of RAM. */
    void drop(long offset) {
        int number = (int) (offset / PAGE);
        CodePage page = pages[number];
        if (page != null) {
            page.kill();
            pages[number] = null;
            share.add(-page.cost);
            c.mmu.unwatchPage(offset);
        }
    }

    /** Drops a block whose second page is another one now. */
    void drop(Block block) {
        if (block.key < 0) {
            return;
        }
        CodePage page = pages[(int) ((block.key >>> 8) / PAGE)];
        if (page != null) {
            page.remove(block);
        }
        block.key = -1;
    }
}
