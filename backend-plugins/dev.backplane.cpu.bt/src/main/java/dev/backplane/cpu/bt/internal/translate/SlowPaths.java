package dev.backplane.cpu.bt.internal.translate;

import dev.backplane.cpu.bt.internal.emit.Assembler;
import java.util.Arrays;

/** The exits of the block that is being emitted. They come behind it, each the call of an exit with its number. */
final class SlowPaths {
    private static final int FIELDS = 5;
    /** A whole check instead of an exit. */
    private static final int CHECK = -1;

    private final Emission e;
    private final Assembler a;
    private final GuestAddress address = new GuestAddress();
    private final ExitTable table;
    private int[] fields = new int[64 * FIELDS];
    private long[] rips = new long[64];
    private long[] displacements = new long[64];
    private int count;

    SlowPaths(Emission e, ExitTable table) {
        this.e = e;
        a = e.a;
        this.table = table;
    }

    void clear() {
        count = 0;
    }

    /** A failed check jumps from a place; it is tried again at an offset in the block. rcx has the slot then, rax address xor tag. */
    void miss(int place, int retry, int info, long rip, int tag) {
        add(place, Exits.MISS, retry, info, rip, tag);
    }

    /** An operand is not in the page that was checked: it is looked up, and gone on with at an offset in the block. */
    void check(int place, int back, int info, long rip, GuestAddress operand) {
        add(place, CHECK, back, info, rip, operand.pack());
        displacements[count - 1] = operand.displacement;
    }

    void leave(int place, int kind, int dataA, int dataB, long rip) {
        add(place, kind, dataA, dataB, rip, 0);
    }

    /** An exit that comes back to an offset in the block. */
    void outside(int place, int kind, int back, int open, long rip) {
        add(place, kind, back, open, rip, 0);
    }

    /** A jump that is to be linked. */
    void link(int place, int page, long target) {
        add(place, Exits.LINK, place, page, target, 0);
    }

    private void add(int place, int kind, int dataA, int dataB, long rip, int tag) {
        if (count == rips.length) {
            rips = Arrays.copyOf(rips, 2 * count);
            displacements = Arrays.copyOf(displacements, 2 * count);
            fields = Arrays.copyOf(fields, 2 * count * FIELDS);
        }
        int at = count * FIELDS;
        fields[at] = place;
        fields[at + 1] = kind;
        fields[at + 2] = dataA;
        fields[at + 3] = dataB;
        fields[at + 4] = tag;
        rips[count++] = rip;
    }

    /** Emits all; {@code base} is the block's offset in the code memory. */
    void emit(int base) {
        for (int n = 0; n < count; n++) {
            int at = n * FIELDS;
            int kind = fields[at + 1];
            a.land(fields[at]);
            if (kind == CHECK) {
                address.unpack(fields[at + 4], displacements[n]);
                int retry = a.size();
                e.linear(address);
                // Its own exit comes behind all others.
                e.lookUp(retry, fields[at + 3], rips[n]);
                a.patch(a.jmp(), fields[at + 2]);
                continue;
            }
            if (kind == Exits.MISS) {
                a.op(Assembler.W, 0x33, Assembler.RAX, Assembler.gsRcx(fields[at + 4]));
            }
            int call = a.call();
            a.patch(call, Exits.stub(kind) - base);
            boolean place = kind == Exits.MISS || kind == Exits.LINK || kind == Exits.CLOCK;
            a.int4(table.add(fields[at + 2] + (place ? base : 0), fields[at + 3], rips[n]));
        }
    }
}
