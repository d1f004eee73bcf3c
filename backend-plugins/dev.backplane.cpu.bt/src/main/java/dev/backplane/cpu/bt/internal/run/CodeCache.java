package dev.backplane.cpu.bt.internal.run;

import dev.backplane.cpu.bt.internal.emit.Listing;
import dev.backplane.cpu.bt.internal.host.CodeMemory;
import dev.backplane.cpu.bt.internal.translate.BlockTranslator;
import dev.backplane.cpu.bt.internal.translate.ExitTable;
import dev.backplane.cpu.bt.internal.translate.Exits;
import dev.backplane.x86.mmu.CodeWatch;
import dev.backplane.x86.mmu.Mmu;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.vcpu.ExecutionFailure;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The translated code of one vCPU: finds the block for an instruction pointer, translates it where there is none, drops what is
 * overwritten, and everything when the memory is full. Blocks are keyed by their place in RAM, their address and their mode, since
 * addresses stand in the code.
 */
final class CodeCache implements CodeWatch {
    private static final int TABLE = 1 << 15;
    private static final int PAGE = 4096;
    /** No block is longer. */
    private static final int ROOM = 1 << 15;

    private static final int SET_SHIFT = 8;
    private static final int SIMD = 1 << 12;
    private static final int KERNEL = 1 << 13;

    private final Cpu c;
    private final BlockTranslator translator;
    private final ExitTable exits;
    private final CodeMemory memory;
    private final JumpCache jumps;
    private final Counters counters;
    private final BlockWatch watch;
    private final int begin;
    private int position;
    private final @Nullable CodeBlock[] table = new CodeBlock[TABLE];
    private final @Nullable TranslatedPage[] pages;
    /** A page, and the begin of the next where an instruction reaches into it. */
    private final byte[] bytes = new byte[PAGE + JumpCache.REACH];

    CodeCache(
            Cpu c,
            BlockTranslator translator,
            ExitTable exits,
            CodeMemory memory,
            int begin,
            JumpCache jumps,
            Counters counters,
            BlockWatch watch) {
        this.c = c;
        this.translator = translator;
        this.exits = exits;
        this.memory = memory;
        this.begin = begin;
        this.jumps = jumps;
        this.counters = counters;
        position = begin;
        this.watch = watch;
        pages = new TranslatedPage[(int) (c.ram.byteSize() / PAGE)];
    }

    /** What a block is made for. */
    static int mode(Cpu c) {
        return modeOfAllSets(c) | c.mmu.set() << SET_SHIFT | (c.cpl == 0 ? KERNEL : 0);
    }

    /** The part of it that emitted code does not change when it goes from one TLB to another. */
    static int modeOfAllSets(Cpu c) {
        return c.mode | (StateArea.simd(c) ? SIMD : 0);
    }

    private static int set(int mode) {
        return mode >> SET_SHIFT & 3;
    }

    /**
     * The block at an instruction pointer of 64-bit code, or null where the code is not in RAM. Throws the faults of fetching.
     * {@code c} is not changed but for those.
     */
    @Nullable
    CodeBlock get(long rip) {
        long at = c.executable(rip);
        if (at < 0) {
            at = c.mmu.resolve(rip, Mmu.I);
            if (at < 0) {
                return null;
            }
        }
        int mode = mode(c);
        int slot = hash(rip);
        CodeBlock block = table[slot];
        if (block != null && block.is(rip, at, mode) && (block.second < 0 || block.second == second(rip))) {
            return block;
        }
        TranslatedPage page = pages[(int) (at / PAGE)];
        block = page == null ? null : page.find(rip, at, mode);
        if (block != null && block.second >= 0 && block.second != second(rip)) {
            forget(block);
            block = null;
        }
        if (block == null) {
            block = translate(rip, at, mode);
        }
        table[slot] = block;
        return block;
    }

    /** Where in RAM the page behind an instruction's is, or -1. Throws the faults of fetching. */
    private long second(long rip) {
        long linear = (rip | PAGE - 1) + 1;
        long at = c.executable(linear);
        return at >= 0 ? at : c.mmu.resolve(linear, Mmu.I);
    }

    private static int hash(long rip) {
        return (int) (rip ^ rip >>> 15) & TABLE - 1;
    }

    private CodeBlock translate(long rip, long at, int mode) {
        if (position + ROOM > memory.segment().byteSize()) {
            dropAll();
        }
        // The page is watched before it is read: a store that comes later is reported.
        TranslatedPage page = page((int) (at / PAGE), at & -PAGE);
        CodeBlock block = emitted(rip, at, mode, page, -1);
        long second;
        if (block.entry < 0 && translator.straddles() && (second = second(rip)) >= 0) {
            TranslatedPage next = page((int) (second / PAGE), second);
            block = emitted(rip, at, mode, page, second);
            next.reachedBy(block);
        }
        counters.blocks++;
        page.add(block);
        return block;
    }

    /** Translates and puts it into the code memory. What goes wrong there is our own fault and ends this machine alone. */
    private CodeBlock emitted(long rip, long at, int mode, TranslatedPage page, long second) {
        try {
            int count = translate(rip, at & -PAGE, mode, page, second);
            return count == 0 ? new CodeBlock(rip, at, mode, -1, second) : placed(rip, at, mode, second);
        } catch (RuntimeException e) {
            throw new ExecutionFailure(
                    "the translator failed: %s\n%s"
                            .formatted(e.getMessage() == null ? e : e.getMessage(), listing(rip)),
                    e);
        }
    }

    private int translate(long rip, long start, int mode, TranslatedPage page, long second) {
        int number = (int) (start / PAGE);
        int set = set(mode);
        boolean simd = (mode & SIMD) != 0;
        translator.mode(simd, simd && (mode & Cpu.NO_AVX) == 0, (mode & KERNEL) != 0);
        int count;
        do {
            MemorySegment.copy(c.ram, ValueLayout.JAVA_BYTE, start, bytes, 0, PAGE);
            if (second >= 0) {
                MemorySegment.copy(c.ram, ValueLayout.JAVA_BYTE, second, bytes, PAGE, JumpCache.REACH);
            }
            int limit = second < 0 ? PAGE : bytes.length;
            count = translator.translate(bytes, limit, rip, number, set, position, target -> {
                CodeBlock known = page.find(target, start | target & PAGE - 1, mode);
                return known == null ? -1 : known.entry;
            });
            page.covered.cover(translator.lowest(), translator.highest());
            if (second >= 0) {
                page((int) (second / PAGE), second).covered.cover(0, JumpCache.REACH);
            }
            // Another vCPU's store may have come before it could see that these bytes are code.
            VarHandle.fullFence();
        } while (changed(start, 0, translator.lowest(), translator.highest())
                || second >= 0 && changed(second, PAGE, 0, JumpCache.REACH));
        return count;
    }

    private CodeBlock placed(long rip, long at, int mode, long second) {
        int size = translator.result().size();
        byte[] code = translator.result().code();
        if (watch.check() != null) {
            watch.check().verify(code, size, position);
        }
        if (c.tracer != null && c.tracer.wantsBlocks()) {
            c.tracer.block(rip, listing(rip));
        }
        MemorySegment.copy(code, 0, memory.segment(), ValueLayout.JAVA_BYTE, position, size);
        if (watch.names() != null) {
            watch.names().add(memory.address(position), size, "guest:" + Long.toHexString(rip));
        }
        CodeBlock block = new CodeBlock(rip, at, mode, position, second);
        position += size + 15 & -16;
        memory.written(position);
        return block;
    }

    /** What the translator worked on last, also where it did not get to its end. */
    private String listing(long rip) {
        return Listing.of(
                bytes,
                (int) (rip & PAGE - 1),
                translator.end(),
                rip,
                translator.result().code(),
                translator.result().size(),
                position,
                Exits.DATA_BYTES);
    }

    /** How much of the code memory is in use, in bytes. */
    int used() {
        return position;
    }

    /** Whether a part of a page in RAM differs from what stands from an offset of {@code bytes} on. */
    private boolean changed(long start, int copy, int from, int to) {
        return !c.mmu.alone()
                && MemorySegment.ofArray(bytes)
                                .asSlice(copy + from, to - from)
                                .mismatch(c.ram.asSlice(start + from, to - from))
                        >= 0;
    }

    private TranslatedPage page(int number, long start) {
        TranslatedPage page = pages[number];
        if (page == null) {
            page = new TranslatedPage();
            pages[number] = page;
            c.mmu.watchPage(start);
        }
        return page;
    }

    /** Lets the jump whose displacement is at a place go to a block. */
    void link(int place, CodeBlock target) {
        memory.segment().set(ValueLayout.JAVA_INT_UNALIGNED, place, target.entry - (place + 4));
    }

    // ---- code that changes ------------------------------------------------------------------------------------------

    @Override
    public void written(long offset, long length) {
        if (covers(offset, length)) {
            drop((int) (offset / PAGE));
        }
    }

    @Override
    public void writtenAnywhere() {
        dropAll();
    }

    @Override
    public boolean covers(long offset, long length) {
        TranslatedPage page = pages[(int) (offset / PAGE)];
        return page != null && (length >= PAGE || page.covered.covers((int) (offset & PAGE - 1), (int) length));
    }

    private void dropAll() {
        for (int number = 0; number < pages.length; number++) {
            drop(number);
        }
        counters.flushes++;
        position = begin;
        exits.clear();
    }

    /** All links lead to blocks of the same page, so that none is left to cut. */
    private void drop(int number) {
        TranslatedPage page = pages[number];
        if (page != null) {
            pages[number] = null;
            page.each(this::forget);
            c.mmu.unwatchPage((long) number * PAGE);
            counters.dropped++;
        }
    }

    private void forget(CodeBlock block) {
        block.dead = true;
        jumps.remove(set(block.mode), block.rip);
    }
}
