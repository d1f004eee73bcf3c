package dev.backplane.virtio.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.memory.GuestMemory;
import dev.backplane.testkit.FlatMemory;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

/** What fills several buffers is shown to the driver at once (virtio 1.2, 5.1.6.4.1). */
class TogetherTest {
    private static final int CHAINS = 5;
    private static final long DESCRIPTORS = 0x1000;
    private static final long DRIVER = 0x2000;
    private static final long DEVICE = 0x3000;
    private static final int BUFFER = 100;
    private static final short PACKED_AVAILABLE = 1 << 7;
    private static final short PACKED_USED = (short) (1 << 15);
    private static final int WRITE = 2;

    private final FlatMemory memory = new FlatMemory(0x10000);
    private final List<Integer> seen = new ArrayList<>();

    /** The guest's memory; before each write to it, what the driver could see is noted. */
    private GuestMemory watched(IntSupplier visible) {
        return (GuestMemory) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {GuestMemory.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("write")) {
                        seen.add(visible.getAsInt());
                    }
                    try {
                        return method.invoke(memory, arguments);
                    } catch (InvocationTargetException e) {
                        throw Objects.requireNonNull(e.getCause());
                    }
                });
    }

    private static QueueSetup setup() {
        var setup = new QueueSetup(8);
        setup.descriptors = DESCRIPTORS;
        setup.driver = DRIVER;
        setup.device = DEVICE;
        return setup;
    }

    private void completeAll(RingQueue queue) {
        List<DescriptorChain> chains = new ArrayList<>();
        for (int i = 0; i < CHAINS; i++) {
            chains.add(Objects.requireNonNull(queue.next()));
        }
        queue.complete(chains, (CHAINS - 1) * BUFFER + 7);
    }

    @Test
    void splitRing() {
        IntSupplier visible = () -> memory.bytes().get(ValueLayout.JAVA_SHORT, DEVICE + 2);
        for (int i = 0; i < CHAINS; i++) {
            descriptor(i, (short) WRITE, (short) 0);
            memory.bytes().set(ValueLayout.JAVA_SHORT, DRIVER + 4 + 2L * i, (short) i);
        }
        memory.bytes().set(ValueLayout.JAVA_SHORT, DRIVER + 2, (short) CHAINS);
        var setup = setup();
        var queue = new SplitQueue(watched(visible), setup, 0, () -> {}, why -> {});
        completeAll(queue);
        assertEquals(CHAINS, visible.getAsInt());
        assertEquals(List.of(0), seen.stream().distinct().toList());
        for (int i = 0; i < CHAINS; i++) {
            assertEquals(i, memory.bytes().get(ValueLayout.JAVA_INT, DEVICE + 4 + 8L * i));
            assertEquals(written(i), memory.bytes().get(ValueLayout.JAVA_INT, DEVICE + 8 + 8L * i));
        }
        queue.end(setup);
    }

    @Test
    void packedRing() {
        IntSupplier visible = () -> {
            int used = 0;
            while (used < CHAINS
                    && (memory.bytes().get(ValueLayout.JAVA_SHORT, DESCRIPTORS + 16L * used + 14) & PACKED_USED) != 0) {
                used++;
            }
            return used;
        };
        for (int i = 0; i < CHAINS; i++) {
            descriptor(i, (short) i, (short) (WRITE | PACKED_AVAILABLE));
        }
        var setup = setup();
        setup.nextAvailable = PackedQueue.WRAP;
        setup.nextUsed = PackedQueue.WRAP;
        var queue = new PackedQueue(watched(visible), setup, 0, () -> {}, why -> {});
        completeAll(queue);
        assertEquals(CHAINS, visible.getAsInt());
        assertEquals(List.of(0), seen.stream().distinct().toList());
        for (int i = 0; i < CHAINS; i++) {
            assertEquals(written(i), memory.bytes().get(ValueLayout.JAVA_INT, DESCRIPTORS + 16L * i + 8));
        }
        queue.end(setup);
    }

    private static int written(int chain) {
        return chain < CHAINS - 1 ? BUFFER : 7;
    }

    /** The two short fields are flags and next, or identifier and flags. */
    private void descriptor(int index, short first, short second) {
        long at = DESCRIPTORS + 16L * index;
        memory.bytes().set(ValueLayout.JAVA_LONG, at, 0x8000L + 0x100L * index);
        memory.bytes().set(ValueLayout.JAVA_INT, at + 8, BUFFER);
        memory.bytes().set(ValueLayout.JAVA_SHORT, at + 12, first);
        memory.bytes().set(ValueLayout.JAVA_SHORT, at + 14, second);
    }
}
