package dev.backplane.api.console;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ByteQueueTest {
    @Test
    void randomUseAgreesWithAQueueOfTheLibrary() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        ByteQueue queue = new ByteQueue(7);
        Queue<Byte> expected = new ArrayDeque<>();
        for (int i = 0; i < 10_000; i++) {
            byte value = (byte) random.nextInt();
            switch (random.nextInt(4)) {
                case 0 -> assertEquals(expected.size() < 7 && expected.add(value), queue.offer(value), "seed " + seed);
                case 1 -> {
                    if (expected.size() == 7) {
                        expected.remove();
                    }
                    expected.add(value);
                    queue.push(value);
                }
                case 2 ->
                    assertEquals(expected.isEmpty() ? -1 : expected.remove() & 0xff, queue.poll(), "seed " + seed);
                default -> {
                    int count = Math.min(random.nextInt(3), expected.size());
                    queue.remove(count);
                    for (int each = 0; each < count; each++) {
                        expected.remove();
                    }
                }
            }
            assertEquals(expected.size(), queue.size(), "seed " + seed);
        }
    }

    @Test
    void aRefusalIsToldOnce() {
        ByteQueue queue = new ByteQueue(2);
        assertEquals(2, queue.offer(new byte[] {1, 2, 3}, 0, 3));
        assertTrue(queue.takeRefused());
        assertFalse(queue.takeRefused());
        assertArrayEquals(new byte[] {1, 2}, queue.toByteArray());
    }

    @Test
    void awaitCopiesWithoutRemovingAndIsWoken() throws Exception {
        ByteQueue queue = new ByteQueue(4);
        FutureTask<Integer> waiting = new FutureTask<>(() -> queue.await(new byte[4]));
        Thread.ofPlatform().daemon().start(waiting);
        queue.wake();
        assertEquals(0, waiting.get());
        queue.offer((byte) 9);
        byte[] chunk = new byte[4];
        assertEquals(1, queue.await(chunk));
        assertEquals(9, chunk[0]);
        assertEquals(1, queue.size());
    }

    @Test
    void removingMoreThanItHoldsIsRefused() {
        ByteQueue queue = new ByteQueue(4);
        assertThrows(IllegalArgumentException.class, () -> queue.remove(1));
        assertThrows(IllegalArgumentException.class, () -> queue.remove(-1));
        assertThrows(IllegalArgumentException.class, () -> new ByteQueue(0));
    }
}
