package dev.backplane.cpu.soft.internal;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.function.LongSupplier;

/** What RDRAND and RDSEED give: the host's secure random numbers, fetched some at a time. One per vCPU. */
final class RandomNumbers implements LongSupplier {
    private static final int BATCH_BYTES = 512;

    private final SecureRandom source = new SecureRandom();
    private final byte[] bytes = new byte[BATCH_BYTES];
    private final ByteBuffer batch = ByteBuffer.wrap(bytes).limit(0);

    @Override
    public long getAsLong() {
        if (!batch.hasRemaining()) {
            source.nextBytes(bytes);
            batch.clear();
        }
        return batch.getLong();
    }
}
