package dev.backplane.virtio.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.testkit.FlatMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Rings of both kinds over memory that a guest has written as it liked: walked, used, put back and taken over, they break or work, and come
 * to an end. Runs over its corpus in a normal build; {@code JAZZER_FUZZ=1} and {@code -Djazzer.hooks=true} in the test JVM look for more.
 *
 * <p>An input is a byte of features (packed 1, events 2, indirect 4), a byte that says the size, a byte that says what the device does,
 * and memory: descriptors at 0, the driver's area at 0x400, the device's at 0x600, the rest for tables and buffers.
 */
class RingFuzzTest {
    private static final int MEMORY_BYTES = 0x1000;
    private static final int DRIVER = 0x400;
    private static final int DEVICE = 0x600;
    private static final int HEADER_BYTES = 3;
    private static final int[] SIZES = {1, 2, 4, 16, 32, 3, 7, 33};
    private static final int ROUNDS = 300;

    private String broken = "";

    @FuzzTest(maxDuration = "60s")
    void aRingIsWalkedOrBreaks(byte[] input) {
        if (input.length < HEADER_BYTES) {
            return;
        }
        boolean packed = (input[0] & 1) != 0;
        long features =
                ((input[0] & 2) != 0 ? Feature.EVENT_IDX : 0) | ((input[0] & 4) != 0 ? Feature.INDIRECT_DESC : 0);
        FlatMemory memory = new FlatMemory(MEMORY_BYTES);
        int bytes = Math.min(MEMORY_BYTES, input.length - HEADER_BYTES);
        MemorySegment.copy(input, HEADER_BYTES, memory.bytes(), ValueLayout.JAVA_BYTE, 0, bytes);
        QueueSetup setup = new QueueSetup(64);
        setup.resize(SIZES[input[1] & 7], packed);
        setup.driver = DRIVER;
        setup.device = DEVICE;
        setup.enable(packed);
        int what = input[2];
        for (int life = 0; life < 3 && broken.isEmpty(); life++) {
            live(memory, setup, packed, features, what >> life);
        }
    }

    private void live(FlatMemory memory, QueueSetup setup, boolean packed, long features, int what) {
        Runnable interrupt = () -> {};
        Ring ring = packed
                ? new PackedQueue(memory, setup, features, interrupt, reason -> broken = reason)
                : new SplitQueue(memory, setup, features, interrupt, reason -> broken = reason);
        List<DescriptorChain> under = new ArrayList<>();
        DescriptorChain chain = ring.next();
        for (int round = 0; round < ROUNDS && chain != null; round++) {
            use(chain);
            under.add(chain);
            assertTrue(under.size() <= setup.size, "more under way than there are descriptors");
            if ((what & 1 << round % 7) != 0) {
                ring.complete(under.removeLast(), chain.writableBytes());
            }
            chain = ring.next();
        }
        if (chain != null) {
            under.add(chain);
        }
        for (DescriptorChain left : under) {
            if ((what & 2) != 0) {
                ring.putBack(left);
            } else {
                ring.complete(left, 1);
            }
        }
        ring.rest(true);
        ring.end(setup);
        assertEquals((what & 2) != 0 ? under.size() : 0, setup.unfinished.size());
        assertEquals(0, memory.openLeases());
        assertEquals(!broken.isEmpty(), setup.broken);
    }

    private static void use(DescriptorChain chain) {
        chain.read(0, MemorySegment.ofArray(new byte[(int) Math.min(32, chain.readableBytes())]));
        chain.write(0, MemorySegment.ofArray(new byte[(int) Math.min(32, chain.writableBytes())]));
        chain.lendWritable(chain.writableBytes() / 2, chain.writableBytes() - chain.writableBytes() / 2, piece -> {});
    }
}
