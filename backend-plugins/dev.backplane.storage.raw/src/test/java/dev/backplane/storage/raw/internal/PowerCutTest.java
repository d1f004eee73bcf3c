package dev.backplane.storage.raw.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.image.PowerCutContract;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** There are no tables that could be torn: what is flushed has to be flushed below. */
class PowerCutTest extends PowerCutContract<RawOptions, RawState> {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final int CAPACITY = 1_500_160;
    private static final int SECTOR = 512;

    @Override
    protected StorageOpener<RawOptions, RawState> opener() {
        return new RawFormat();
    }

    @Override
    protected Start<RawOptions> start(Random random) {
        int offset = random.nextBoolean() ? 0 : random.nextInt(100) * SECTOR;
        byte[] bytes = new byte[offset + CAPACITY];
        random.nextBytes(bytes);
        return new Start<>(
                new RawOptions(IMAGE, offset, Optional.empty()),
                Map.of(IMAGE, bytes),
                Arrays.copyOfRange(bytes, offset, bytes.length));
    }

    /** The length is the file's. */
    @Override
    protected boolean resizesAtOnce() {
        return false;
    }

    /** Any bytes are an image. */
    @Override
    protected void judge(Map<StorageRef, byte[]> left, String when) {}
}
