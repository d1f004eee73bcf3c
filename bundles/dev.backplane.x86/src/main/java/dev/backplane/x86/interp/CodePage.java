package dev.backplane.x86.interp;

import dev.backplane.x86.mmu.CodeWatch;
import dev.backplane.x86.mmu.CoveredBytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The blocks that were decoded from one page of guest RAM, and which of its bytes they cover. */
final class CodePage {
    /** What it takes of the {@link CodeBudget}. */
    int cost;

    private final Map<Long, Block> blocks = new HashMap<>();
    /** Blocks that begin in the page before and reach into this one. */
    private final List<Block> straddling = new ArrayList<>();

    /** Other threads read it: see {@link CodeWatch#covers}. */
    private final CoveredBytes covered = new CoveredBytes();

    @Nullable
    Block find(long key) {
        Block block = blocks.get(key);
        // One that reaches into a page that was written since is dead, but still entered here.
        return block != null && block.key == key ? block : null;
    }

    void add(Block block) {
        blocks.put(block.key, block);
    }

    void remove(Block block) {
        blocks.remove(block.key, block);
    }

    void addStraddling(Block block) {
        straddling.add(block);
    }

    /** Notes that the bytes from one offset in the page to another (exclusive, at most 4096) are code. */
    void cover(int from, int to) {
        covered.cover(from, to);
    }

    /** Whether any of the bytes is code. */
    boolean covers(int from, int length) {
        return covered.covers(from, length);
    }

    /**
     * Makes all blocks useless: they are found no more, links among them are cut, and whoever executes one leaves it after the
     * current instruction.
     */
    void kill() {
        blocks.values().forEach(CodePage::kill);
        straddling.forEach(CodePage::kill);
    }

    private static void kill(Block block) {
        block.key = -1;
        Op op = block.first;
        while (op != null) {
            Op next = op.endsBlock() ? null : op.next;
            op.sever();
            op = next;
        }
    }
}
