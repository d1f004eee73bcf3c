package dev.backplane.virtio.internal;

import static dev.backplane.testkit.virtio.DriverRing.INDIRECT;
import static dev.backplane.testkit.virtio.DriverRing.NEXT;
import static dev.backplane.testkit.virtio.DriverRing.WRITE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.testkit.virtio.DriverRing;
import dev.backplane.testkit.virtio.VirtioDriver;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Split rings: virtio 1.2, 7.3, section 2.7. */
class SplitRingConformanceTest extends Conformance {
    /** 2.7.4.1: "The device MUST NOT make assumptions about the particular arrangement of descriptors." */
    @Test
    void s2_7_4_1_framingMeansNothing() {
        driver.start(0);
        DriverRing ring = driver.ring(0);
        long in = ring.buffer(bytes(10, 20, 30, 40, 50, 60));
        long out = ring.buffer(16);
        ring.descriptor(0, in, 1, NEXT, 7);
        ring.descriptor(7, in + 1, 3, NEXT, 3);
        ring.descriptor(3, in + 4, 2, NEXT, 4);
        ring.descriptor(4, out, 4, NEXT | WRITE, 5);
        ring.descriptor(5, out + 4, 0, NEXT | WRITE, 6);
        ring.descriptor(6, out + 4, 12, WRITE, 0);
        ring.offer(0);
        answered(ring, 0, 1);
        assertArrayEquals(bytes(11, 21, 31, 41, 51, 61), ring.bytes(out, 6));
    }

    /** 2.7.5.1: "A device MUST NOT write to a device-readable buffer." */
    @Test
    void s2_7_5_1_whatIsToBeReadIsNotWritten() {
        driver.start(0);
        DriverRing ring = driver.ring(0);
        long in = ring.buffer(bytes(1, 2, 3, 4));
        ring.descriptor(0, in, 4, NEXT, 1);
        ring.descriptor(1, ring.buffer(2), 2, WRITE, 0);
        ring.offer(0);
        answered(ring, 0, 1);
        assertArrayEquals(bytes(1, 2, 3, 4), ring.bytes(in, 4));
    }

    /** 2.7.5.3: an indirect table is a chain. */
    @Test
    void s2_7_5_3_anIndirectTableIsAChain() {
        indirect(0);
    }

    /** 2.7.5.3.2: "The device MUST ignore the write-only flag in the descriptor that refers to an indirect table." */
    @Test
    void s2_7_5_3_2_theWriteFlagOfATableMeansNothing() {
        indirect(WRITE);
    }

    private void indirect(int flags) {
        driver.start(INDIRECT_DESC);
        DriverRing ring = driver.ring(0);
        long table = ring.buffer(64);
        long out = ring.buffer(16);
        ring.descriptorAt(table, ring.buffer(bytes(1, 2, 3, 4, 5)), 5, NEXT, 2);
        ring.descriptorAt(table + 32, out, 5, WRITE, 0);
        ring.descriptor(9, table, 48, INDIRECT | flags, 0);
        ring.offer(9);
        answered(ring, 0, 1);
        assertArrayEquals(bytes(2, 3, 4, 5, 6), ring.bytes(out, 5));
    }

    /** 2.7.5.3.2: "The device MUST handle the case of zero or more normal chained descriptors followed by a single" indirect one. */
    @Test
    void s2_7_5_3_2_aTableMayFollowDescriptors() {
        driver.start(INDIRECT_DESC);
        DriverRing ring = driver.ring(0);
        long table = ring.buffer(64);
        long out = ring.buffer(16);
        ring.descriptor(0, ring.buffer(bytes(1)), 1, NEXT, 5);
        ring.descriptor(5, ring.buffer(bytes(2)), 1, NEXT, 6);
        ring.descriptorAt(table, ring.buffer(bytes(3)), 1, NEXT, 1);
        ring.descriptorAt(table + 16, out, 3, WRITE, 0);
        ring.descriptor(6, table, 32, INDIRECT, 0);
        ring.offer(0);
        answered(ring, 0, 1);
        assertArrayEquals(bytes(2, 3, 4), ring.bytes(out, 3));
    }

    /** 2.7.7.2: without EVENT_IDX, "if flags is 1, the device SHOULD NOT send a notification". */
    @Test
    void s2_7_7_2_withoutEventsTheFlagSuppressesInterrupts() {
        driver.start(0);
        driver.ring(0).noInterrupts(true);
        exchange(0, 1);
        exchange(0, 1);
        assertEquals(List.of(), messagesAtRest());
    }

    /** 2.7.7.2: without EVENT_IDX, "if flags is 0, the device MUST send a notification". */
    @Test
    void s2_7_7_2_withoutEventsAndFlagEveryBufferInterrupts() {
        driver.start(0);
        exchange(0, 1);
        exchange(1, 1);
        exchange(0, 1);
        assertEquals(List.of(1, 2, 1), messages(3));
    }

    /** 2.7.7.2: without EVENT_IDX, "the device MUST ignore the used_event value". */
    @Test
    void s2_7_7_2_withoutEventsTheEventMeansNothing() {
        driver.start(0);
        driver.ring(0).usedEvent(50);
        exchange(0, 1);
        assertEquals(List.of(1), messages(1));
    }

    /** 2.7.7.2: with EVENT_IDX, "the device MUST ignore the lower bit of flags". */
    @Test
    void s2_7_7_2_withEventsTheFlagMeansNothing() {
        driver.start(EVENTS);
        driver.ring(0).noInterrupts(true);
        exchange(0, 1);
        assertEquals(List.of(1), messages(1));
    }

    /** 2.7.7.2: with EVENT_IDX, where the used index was "equal to used_event, the device MUST send a notification", else it should not. */
    @Test
    void s2_7_7_2_withEventsAnInterruptComesWhenTheIndexPassesTheEvent() {
        driver.start(EVENTS);
        driver.ring(0).usedEvent(2);
        exchange(0, 1);
        exchange(0, 1);
        assertEquals(List.of(), messagesAtRest());
        exchange(0, 1);
        assertEquals(List.of(1), messages(1));
        exchange(0, 1);
        assertEquals(List.of(), messagesAtRest());
    }

    /** 2.7.8.1: "The device MUST set len prior to updating the used idx", and write that much first: the answer is whole when it is seen. */
    @Test
    void s2_7_8_1_lengthAndBytesAreThereWhenTheIndexMoves() {
        driver.start(0);
        for (int i = 0; i < 200; i++) {
            int[] request = new int[1 + i % 30];
            request[request.length - 1] = i;
            driver.ring(0).add(bytes(request), request.length + 5);
            driver.notify(0);
            byte[] answer = driver.ring(0).await();
            assertEquals(request.length, answer.length);
            assertEquals((byte) (i + 1), answer[answer.length - 1]);
        }
    }

    /** 2.7.8: chains come back in any order. */
    @Test
    void s2_7_8_buffersMayComeBackInAnotherOrder() {
        driver.start(0);
        echo.holding = true;
        driver.ring(0).add(bytes(1), 1);
        driver.ring(0).add(bytes(2), 1);
        driver.notify(0);
        VirtioDriver.await("both are taken", () -> echo.taken.get() == 2);
        bench.swap();
        assertEquals(3, driver.ring(0).await()[0]);
        assertEquals(2, driver.ring(0).await()[0]);
    }

    /** 2.7.10.2: "the device MUST set flags to 0", with EVENT_IDX; without it to 0 or 1. */
    @Test
    void s2_7_10_2_theDevicesFlagsStayZero() {
        for (long features : new long[] {0, EVENTS}) {
            driver.start(features);
            exchange(0, 1);
            exchange(0, 1);
            assertArrayEquals(bytes(0, 0), driver.ring(0).bytes(driver.ring(0).device(), 2));
        }
    }

    /** 2.7.10.2: "The device MAY use avail_event": it asks for the next buffer. */
    @Test
    void s2_7_10_2_withEventsTheDeviceAsksToBeNotifiedOfTheNextBuffer() {
        driver.start(EVENTS);
        for (int i = 1; i < 5; i++) {
            exchange(0, i);
            int next = i;
            VirtioDriver.await("the event", () -> driver.ring(0).availableEvent() == next);
        }
    }

    /** 2.7.10.2: "The device MUST handle spurious notifications from the driver." */
    @Test
    void s2_7_10_2_notificationsOfNothingDoNothing() {
        driver.start(EVENTS);
        for (int i = 0; i < 50; i++) {
            driver.notify(i & 1);
        }
        assertArrayEquals(bytes(2), exchange(0, 1));
        assertEquals(0, driver.ring(0).waiting());
        assertEquals(0, driver.status() & VirtioDriver.NEEDS_RESET);
    }

    /** 2.7: indexes are 16 bits and wrap. */
    @Test
    void s2_7_indexesWrap() {
        driver.start(0);
        for (int i = 0; i < 0x1_0010; i++) {
            assertEquals((byte) (i + 1), exchange(0, i)[0]);
        }
    }
}
