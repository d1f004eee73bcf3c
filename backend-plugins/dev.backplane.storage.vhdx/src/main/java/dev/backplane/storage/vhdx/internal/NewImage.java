package dev.backplane.storage.vhdx.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.ImageTarget;
import dev.backplane.image.ImageBytes;
import dev.backplane.image.TableArray;
import dev.backplane.storage.vhdx.internal.Regions.Region;
import dev.backplane.storage.vhdx.internal.VhdxCreation.Subformat;

/** Writes an image of a disk that reads as zeros: the log, the metadata, the block allocation table, one behind the other. */
final class NewImage {
    private static final long GIB = 1L << 30;

    private NewImage() {}

    static void write(VhdxCreation options, ImageTarget target) throws ConfigurationException, StorageException {
        if (target.backing().isPresent()) {
            throw new ConfigurationException("backing: differencing VHDX images are not supported: leave it out");
        }
        long capacity = target.capacityBytes();
        if (capacity > Metadata.MOST_CAPACITY) {
            throw new ConfigurationException(
                    "size: %d bytes: a VHDX image has at most %d".formatted(capacity, Metadata.MOST_CAPACITY));
        }
        boolean fixed = options.subformat() == Subformat.FIXED;
        Metadata metadata = new Metadata(blockBytes(options, capacity), fixed, capacity, 0, 512, 4096);
        if (options.logSize() % Header.MIB != 0) {
            throw new ConfigurationException("logSize: %d: expected a multiple of 1 MiB".formatted(options.logSize()));
        }
        Region log = new Region(Header.MIB, options.logSize());
        Region items = new Region(log.offset() + log.bytes(), Header.MIB);
        long tableBytes = Math.max(1, metadata.entries() * VhdxTable.ENTRY_BYTES);
        Region table =
                new Region(items.offset() + items.bytes(), (tableBytes + Header.MIB - 1) / Header.MIB * Header.MIB);
        Regions regions = new Regions(table, items);
        Header header = new Header(1, 0, Guid.random(), Guid.random(), Guid.NONE, log.bytes(), log.offset());

        ImageBytes image = new ImageBytes(target.image());
        long end = table.offset() + table.bytes();
        image.zero(0, end, true);
        image.grow(fixed ? end + metadata.blocks() * metadata.blockBytes() : end);
        if (fixed) {
            allocate(VhdxTable.array(image, new Layout(header, regions, metadata)), metadata, end);
        }
        image.write(items.offset(), metadata.toBytes());
        image.write(Regions.FIRST_AT, regions.toBytes());
        image.write(Regions.FIRST_AT + Regions.BYTES, regions.toBytes());
        Header first = header.withLog(Guid.NONE);
        first.write(image);
        first.withLog(Guid.NONE).write(image);
        image.flush();
        image.write(0, Header.mark());
        image.flush();
    }

    /** Longer blocks for longer disks, as QEMU has it, so that the table stays short. */
    private static int blockBytes(VhdxCreation options, long capacity) throws ConfigurationException {
        if (options.blockSize() == 0) {
            int mib = capacity > 32768 * GIB ? 64 : capacity > 100 * GIB ? 32 : capacity > GIB ? 16 : 8;
            return mib << 20;
        }
        if (Long.bitCount(options.blockSize()) != 1 || options.blockSize() < Header.MIB) {
            throw new ConfigurationException(
                    "blockSize: %d: expected a power of two from 1 MiB to 256 MiB".formatted(options.blockSize()));
        }
        return (int) options.blockSize();
    }

    private static void allocate(TableArray entries, Metadata metadata, long from) throws StorageException {
        for (long block = 0; block < metadata.blocks(); block++) {
            entries.set(metadata.entry(block), from + block * metadata.blockBytes() | VhdxTable.FULLY_PRESENT);
            if (entries.pages().changes() > 1) {
                entries.pages().write();
            }
        }
        entries.pages().write();
    }
}
