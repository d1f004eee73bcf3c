package dev.backplane.guest.internal.ext4;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Hands out blocks from the first to the last, around what each group keeps for itself. Nothing is given back. */
final class Blocks {
    private final Layout layout;
    private long next;

    Blocks(Layout layout) {
        this.layout = layout;
        next = layout.firstFree(0);
    }

    /** So many blocks, in as few extents as there can be. */
    List<Extent> take(int blocks) throws IOException {
        List<Extent> extents = new ArrayList<>();
        for (int left = blocks; left > 0; ) {
            int group = (int) (next / layout.groupBlocks());
            if (group < layout.groups() && next < layout.firstFree(group)) {
                next = layout.firstFree(group);
            }
            if (group >= layout.groups()) {
                throw new IOException("the file system of " + layout.blocks() * Layout.BLOCK_BYTES
                        + " bytes is too small for the files that are to be in it");
            }
            int part = (int) Math.min(left, layout.firstBlock(group + 1) - next);
            if (part > 0) {
                extents.add(new Extent(next, part));
            }
            next += part;
            left -= part;
        }
        return extents;
    }

    /** How many of a group's blocks are in use, all of them at its beginning. */
    int used(int group) {
        long upTo = Math.max(next, layout.firstFree(group));
        return (int) (Math.min(upTo, layout.firstBlock(group + 1)) - layout.firstBlock(group));
    }
}
