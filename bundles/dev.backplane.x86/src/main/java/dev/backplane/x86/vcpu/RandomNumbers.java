package dev.backplane.x86.vcpu;

import java.nio.ByteBuffer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/** What RDRAND and RDSEED give: the machine's random numbers, fetched some at a time. One per vCPU. */
final class RandomNumbers implements LongSupplier {
    private static final int BATCH_BYTES = 512;

    private final RandomGenerator source;
    private final byte[] bytes = new byte[BATCH_BYTES];
    private final ByteBuffer batch = ByteBuffer.wrap(bytes).limit(0);

    RandomNumbers(RandomGenerator source) {
        this.source = source;
    }

    @Override
    public long getAsLong() {
        if (!batch.hasRemaining()) {
            source.nextBytes(bytes);
            batch.clear();
        }
        return batch.getLong();
    }
}
