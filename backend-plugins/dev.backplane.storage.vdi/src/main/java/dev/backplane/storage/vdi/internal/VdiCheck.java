package dev.backplane.storage.vdi.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import dev.backplane.image.CheckTally;
import dev.backplane.image.ImageBytes;
import dev.backplane.image.TableArray;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Looks at the whole table: no block of the image may have two users, and the header has to count them. */
final class VdiCheck {
    private static final int COPIED_AT_ONCE = 1 << 20;

    /** More are repaired by the next run. */
    private static final int MOST_REPAIRED = 1 << 16;

    private final ImageBytes image;
    private final VdiHeader header;
    private final TableArray entries;
    private final BitSet used = new BitSet();
    /** Blocks of the disk whose entries are repaired. */
    private final List<Long> shared = new ArrayList<>();

    private final List<Long> lost = new ArrayList<>();

    VdiCheck(ImageBytes image) throws StorageException {
        this.image = image;
        header = VdiHeader.read(image);
        entries = new TableArray(image, ByteOrder.LITTLE_ENDIAN, header.tableOffset(), header.blocks(), 4);
    }

    CheckReport run(CheckMode mode) throws StorageException {
        CheckTally tally = new CheckTally(mode);
        entries.walk((block, value) -> look(tally, block, value));
        for (long block : lost) {
            entries.set(block, VdiTable.FREE);
        }
        for (long block : shared) {
            int number = used.nextClearBit(0);
            copy(entries.get(block), number);
            used.set(number);
            entries.set(block, number);
        }
        write();
        long holes = used.length() - used.cardinality();
        if (holes > 0 && tally.leak(holes, "%d blocks of the image have no user".formatted(holes))) {
            fill();
        }
        long count = used.length();
        if (header.allocated() > count && tally.leak(1, counts(count))
                || header.allocated() < count && tally.corruption(counts(count))) {
            image.write(
                    VdiHeader.ALLOCATED_AT,
                    ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, (int) count));
            image.flush();
        }
        return tally.report(header.blocks());
    }

    private String counts(long count) {
        return "the header counts %d blocks, there are %d".formatted(header.allocated(), count);
    }

    private void look(CheckTally tally, long block, long value) {
        if (!VdiTable.isPlace(value)) {
            return;
        }
        long place = header.dataOffset() + value * header.blockBytes();
        if (value >= header.blocks() || place >= image.bytes()) {
            if (lost.size() < MOST_REPAIRED
                    && tally.corruption("block %d is at 0x%x, where nothing can be".formatted(block, place))) {
                lost.add(block);
            }
        } else if (used.get((int) value)) {
            if (shared.size() < MOST_REPAIRED
                    && tally.corruption("block %d is at 0x%x, as another one is".formatted(block, place))) {
                shared.add(block);
            }
        } else {
            used.set((int) value);
            tally.block(place, header.blockBytes());
        }
    }

    /** Others put the next block behind as many as there are: what has no user is taken by the last ones. */
    private void fill() throws StorageException {
        int count = used.cardinality();
        Map<Integer, Long> movers = new HashMap<>();
        entries.walk((block, value) -> {
            if (VdiTable.isPlace(value)
                    && value >= count
                    && value < used.length()
                    && used.get((int) value)
                    && movers.size() < MOST_REPAIRED) {
                movers.put((int) value, block);
            }
        });
        List<Integer> numbers = movers.keySet().stream().sorted().toList().reversed();
        for (int number : numbers) {
            int free = used.nextClearBit(0);
            copy(number, free);
            used.set(free);
            entries.set(movers.get(number), free);
            used.clear(number);
        }
        write();
    }

    private void copy(long from, long to) throws StorageException {
        long length = header.blockBytes();
        MemorySegment some = MemorySegment.ofArray(new byte[(int) Math.min(COPIED_AT_ONCE, length)]);
        for (long done = 0; done < length; done += some.byteSize()) {
            image.read(header.dataOffset() + from * length + done, some);
            image.write(header.dataOffset() + to * length + done, some);
        }
    }

    /** Copies first, then what leads to them. */
    private void write() throws StorageException {
        if (entries.pages().changes() > 0) {
            image.flush();
            entries.pages().write();
            image.flush();
        }
    }
}
