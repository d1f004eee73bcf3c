package dev.backplane.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BusyRangesTest {
    @Test
    void onlyRangesThatOverlapAreInEachOthersWay() {
        BusyRanges busy = new BusyRanges(this);
        busy.add(10, 20);
        assertTrue(busy.isFree(0, 10));
        assertTrue(busy.isFree(20, 30));
        assertFalse(busy.isFree(19, 20));
        assertFalse(busy.isFree(0, 100));
        for (int i = 0; i < 100; i++) {
            busy.add(100 + i, 101 + i);
        }
        for (int i = 0; i < 100; i += 2) {
            busy.remove(100 + i, 101 + i);
        }
        for (int i = 0; i < 100; i++) {
            assertEquals(i % 2 == 0, busy.isFree(100 + i, 101 + i));
        }
    }

    @Test
    void nobodyIsEverInARangeThatSomebodyElseHas() throws Exception {
        Object monitor = new Object();
        BusyRanges busy = new BusyRanges(monitor);
        int[] users = new int[64];
        List<FutureTask<Boolean>> tasks = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Random random = new Random(i);
            FutureTask<Boolean> task = new FutureTask<>(() -> {
                boolean alone = true;
                for (int round = 0; round < 2000; round++) {
                    int begin = random.nextInt(60);
                    int end = begin + 1 + random.nextInt(4);
                    synchronized (monitor) {
                        busy.await(begin, end);
                        busy.add(begin, end);
                    }
                    for (int at = begin; at < end; at++) {
                        alone &= users[at]++ == 0;
                    }
                    for (int at = begin; at < end; at++) {
                        users[at]--;
                    }
                    busy.remove(begin, end);
                }
                return alone;
            });
            tasks.add(task);
            Thread.ofPlatform().daemon().start(task);
        }
        for (FutureTask<Boolean> task : tasks) {
            assertTrue(task.get());
        }
    }
}
