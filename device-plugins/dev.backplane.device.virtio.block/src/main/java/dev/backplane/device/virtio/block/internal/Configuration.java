package dev.backplane.device.virtio.block.internal;

import static dev.backplane.device.virtio.block.internal.BlockLayout.*;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What the guest reads of the disk (5.2.4). All of it but the capacity stands for the device's life. Any thread. */
final class Configuration {
    private final ByteBuffer fields = ByteBuffer.allocate(CONFIGURATION_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private volatile long capacitySectors;

    Configuration(BlockOptions options, long capacitySectors) {
        this.capacitySectors = capacitySectors;
        int blocks = options.physicalBlockSize() / options.blockSize();
        fields.putInt(SEG_MAX, MOST_PIECES)
                .putInt(BLK_SIZE, options.blockSize())
                .put(PHYSICAL_BLOCK_EXP, (byte) Integer.numberOfTrailingZeros(blocks))
                .putShort(MIN_IO_SIZE, (short) blocks)
                .putInt(OPT_IO_SIZE, 0)
                .putShort(NUM_QUEUES, (short) options.queues())
                .putInt(MAX_DISCARD_SECTORS, MOST_SECTORS)
                .putInt(MAX_DISCARD_SEG, MOST_SEGMENTS)
                .putInt(DISCARD_SECTOR_ALIGNMENT, options.physicalBlockSize() / SECTOR_BYTES)
                .putInt(MAX_WRITE_ZEROES_SECTORS, MOST_SECTORS)
                .putInt(MAX_WRITE_ZEROES_SEG, MOST_SEGMENTS)
                .put(WRITE_ZEROES_MAY_UNMAP, (byte) 1);
    }

    long capacitySectors() {
        return capacitySectors;
    }

    void capacitySectors(long sectors) {
        capacitySectors = sectors;
    }

    long read(int offset, int size) {
        long capacity = capacitySectors;
        long value = 0;
        for (int i = 0; i < size; i++) {
            int at = offset + i;
            int octet = at < CAPACITY + 8 ? (int) (capacity >>> 8 * at) : fields.get(at);
            value |= (octet & 0xffL) << 8 * i;
        }
        return value;
    }
}
