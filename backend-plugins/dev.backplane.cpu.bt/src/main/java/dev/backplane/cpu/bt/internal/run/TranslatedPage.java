package dev.backplane.cpu.bt.internal.run;

import dev.backplane.x86.mmu.CoveredBytes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The blocks that were translated from one page of RAM. */
final class TranslatedPage {
    private static final int BUCKETS = 32;

    final CoveredBytes covered = new CoveredBytes();
    private final @Nullable CodeBlock[] buckets = new CodeBlock[BUCKETS];
    private @Nullable List<CodeBlock> reaching;

    @Nullable
    CodeBlock find(long rip, long at, int mode) {
        CodeBlock block = buckets[bucket(rip)];
        while (block != null && !block.is(rip, at, mode)) {
            block = block.next;
        }
        return block;
    }

    void add(CodeBlock block) {
        int bucket = bucket(block.rip);
        block.next = buckets[bucket];
        buckets[bucket] = block;
    }

    /** A block of another page ends in this one. */
    void reachedBy(CodeBlock block) {
        if (reaching == null) {
            reaching = new ArrayList<>(1);
        }
        reaching.add(block);
    }

    /** All blocks that depend on the page. */
    void each(Consumer<CodeBlock> action) {
        for (CodeBlock first : buckets) {
            for (CodeBlock block = first; block != null; block = block.next) {
                action.accept(block);
            }
        }
        if (reaching != null) {
            reaching.forEach(action);
        }
    }

    private static int bucket(long rip) {
        return (int) (rip ^ rip >>> 5) & BUCKETS - 1;
    }
}
