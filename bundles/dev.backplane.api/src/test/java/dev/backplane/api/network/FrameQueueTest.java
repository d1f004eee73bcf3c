package dev.backplane.api.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.network.Frame.Segmentation;
import dev.backplane.api.state.StateException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameQueueTest {
    private static final int LEAST = Frame.MOST_BYTES + FrameQueue.RECORD_BYTES;

    private static byte[] bytes(Random random) {
        byte[] bytes = new byte[random.nextInt(random.nextInt(10) == 0 ? Frame.MOST_BYTES + 1 : 2000)];
        random.nextBytes(bytes);
        return bytes;
    }

    @Test
    void framesComeOutAsTheyWentInWhateverTheOrderOfCalls() throws StateException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        FrameQueue queue = new FrameQueue(LEAST + random.nextInt(100_000));
        Deque<byte[]> model = new ArrayDeque<>();
        Frame frame = new Frame();
        for (int i = 0; i < 20_000; i++) {
            switch (random.nextInt(5)) {
                case 0, 1 -> {
                    byte[] bytes = bytes(random);
                    if (queue.offer(frame.set(bytes))) {
                        model.add(bytes);
                    } else {
                        assertTrue(queue.takeRefused(), "seed " + seed);
                    }
                }
                case 2, 3 -> {
                    byte[] expected = model.poll();
                    assertEquals(expected != null, queue.poll(frame), "seed " + seed);
                    if (expected != null) {
                        assertArrayEquals(expected, frame.toByteArray(), "seed " + seed);
                    }
                }
                default -> {
                    if (random.nextInt(50) == 0) {
                        queue.restore(queue.save());
                    }
                    assertEquals(model.size(), queue.frames(), "seed " + seed);
                }
            }
        }
    }

    @Test
    void whatIsLeftToDoGoesWithTheFrame() throws StateException {
        FrameQueue queue = new FrameQueue(LEAST);
        Frame frame = new Frame();
        queue.offer(frame.set(new byte[100])
                .withChecksumToDo(34, 16)
                .withSegmentation(Segmentation.TCP6, 1440)
                .withCongestion());
        queue.offer(frame.set(new byte[60]).withChecksumGood());
        queue.restore(queue.save());
        assertTrue(queue.poll(frame));
        assertTrue(frame.hasChecksumToDo());
        assertEquals(34, frame.checksumStart());
        assertEquals(16, frame.checksumOffset());
        assertEquals(Segmentation.TCP6, frame.segmentation());
        assertEquals(1440, frame.segmentBytes());
        assertTrue(frame.hasCongestion());
        assertTrue(queue.poll(frame));
        assertTrue(frame.hasChecksumGood());
        assertFalse(frame.hasChecksumToDo());
        assertEquals(Segmentation.NONE, frame.segmentation());
    }

    @Test
    void aFullQueueRefusesAndTakesAgainWhenThereIsRoom() {
        FrameQueue queue = new FrameQueue(LEAST);
        Frame frame = new Frame();
        assertTrue(queue.offer(frame.reset(Frame.MOST_BYTES)));
        assertFalse(queue.offer(frame.reset(0)));
        queue.remove();
        assertTrue(queue.offer(frame.reset(0)));
        assertTrue(queue.takeRefused());
        assertFalse(queue.takeRefused());
    }

    @Test
    void aWakeEndsAWaitAlsoOneThatComesLater() throws InterruptedException {
        FrameQueue queue = new FrameQueue(LEAST);
        queue.wake();
        assertFalse(queue.await(new Frame()));
        queue.offer(new Frame().reset(1));
        assertTrue(queue.await(new Frame()));
    }

    @Test
    void aDamagedStateIsRefusedAndLeavesItEmpty() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        FrameQueue queue = new FrameQueue(LEAST);
        Frame frame = new Frame();
        for (int i = 0; i < 20; i++) {
            queue.offer(frame.set(Arrays.copyOf(bytes(random), 300)));
        }
        byte[] saved = queue.save();
        assertThrows(StateException.class, () -> queue.restore(Arrays.copyOf(saved, saved.length - 1)));
        assertEquals(0, queue.frames());
        assertThrows(StateException.class, () -> queue.restore(new byte[LEAST + 1]));
        for (int i = 0; i < 10_000; i++) {
            byte[] damaged = saved.clone();
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            try {
                queue.restore(damaged);
            } catch (StateException refused) {
                assertEquals(0, queue.frames());
            }
            while (queue.poll(frame)) {
                assertTrue(frame.length() <= Frame.MOST_BYTES, "seed " + seed);
            }
        }
    }
}
