package dev.backplane.virtio.internal;

import static dev.backplane.testkit.virtio.DriverRing.INDIRECT;
import static dev.backplane.testkit.virtio.DriverRing.NEXT;
import static dev.backplane.testkit.virtio.DriverRing.WRITE;
import static dev.backplane.testkit.virtio.PackedRing.WRAP;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.testkit.virtio.DriverRing;
import dev.backplane.testkit.virtio.PackedRing;
import dev.backplane.testkit.virtio.VirtioDriver;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Packed rings: virtio 1.2, 7.3, section 2.8. */
class PackedRingConformanceTest extends Conformance {
    /** 2.8.1: the wrap counters flip with every turn of the ring. */
    @ParameterizedTest
    @ValueSource(longs = {PACKED, PACKED | EVENTS})
    void s2_8_1_theRingIsGoneThroughManyTimes(long features) {
        driver.start(features);
        for (int i = 0; i < 1000; i++) {
            assertArrayEquals(bytes(i + 1, i + 2), exchange(0, i, i + 1));
        }
    }

    /** 2.8.12: "The device MUST start processing driver descriptors in the order in which they appear in the ring." */
    @Test
    void s2_8_12_buffersAreTakenInOrder() {
        driver.start(PACKED);
        DriverRing ring = driver.ring(0);
        for (int i = 0; i < 20; i++) {
            ring.add(bytes(i), 1);
        }
        driver.notify(0);
        for (int i = 0; i < 20; i++) {
            assertArrayEquals(bytes(i + 1), ring.await());
        }
    }

    /** 2.8.12: "The device MUST start writing device descriptors into the ring in the order in which they complete." */
    @Test
    void s2_8_12_buffersComeBackInTheOrderInWhichTheyComplete() {
        driver.start(PACKED);
        echo.holding = true;
        driver.ring(0).add(bytes(1), 1);
        driver.ring(0).add(bytes(2, 3), 2);
        driver.ring(0).add(bytes(), 2);
        driver.notify(0);
        VirtioDriver.await("all are taken", () -> echo.taken.get() == 3);
        bench.swap();
        echo.holding = false;
        assertArrayEquals(bytes(), driver.ring(0).await());
        assertArrayEquals(bytes(3, 4), driver.ring(0).await());
        assertArrayEquals(bytes(2), driver.ring(0).await());
        assertArrayEquals(bytes(6), exchange(0, 5));
    }

    /** 2.8.15: "A device MUST NOT write to a device-readable buffer." */
    @Test
    void s2_8_15_whatIsToBeReadIsNotWritten() {
        driver.start(PACKED);
        DriverRing ring = driver.ring(0);
        long in = ring.buffer(bytes(1, 2, 3, 4));
        ring.descriptor(1, ring.buffer(2), 2, WRITE, 9);
        ring.descriptor(0, in, 4, NEXT, 0);
        ring.offer(0);
        answered(ring, 0, 1);
        assertArrayEquals(bytes(1, 2, 3, 4), ring.bytes(in, 4));
    }

    /** 2.8.15: "A device MUST NOT use a descriptor unless it observes the VIRTQ_DESC_F_AVAIL bit in its flags being changed." */
    @Test
    void s2_8_15_aDescriptorThatIsNotAvailableIsNotUsed() {
        driver.start(PACKED);
        DriverRing ring = driver.ring(0);
        ring.descriptor(0, ring.buffer(1), 1, WRITE, 0);
        driver.notify(0);
        assertArrayEquals(bytes(3), exchange(1, 2));
        bench.state();
        assertEquals(0, ring.waiting());
        assertEquals(1, echo.taken.get());
    }

    /** 2.8.15: "A device MUST NOT change a descriptor after changing the VIRTQ_DESC_F_USED bit in its flags." */
    @Test
    void s2_8_15_aUsedDescriptorIsWrittenOnce() {
        driver.start(PACKED);
        PackedRing ring = packed(0);
        exchange(0, 1);
        // The driver has seen it and puts something else there.
        ring.descriptor(0, 0x77, 0x77, 0, 0x77);
        byte[] mine = ring.bytes(ring.descriptors(), 16);
        for (int i = 0; i < 10; i++) {
            exchange(0, i);
        }
        bench.state();
        assertArrayEquals(mine, ring.bytes(ring.descriptors(), 16));
    }

    /** 2.8.6, 2.8.18: "The device MUST use descriptors in a list chained by the VIRTQ_DESC_F_NEXT flag in the same order ..." */
    @Test
    void s2_8_18_framingMeansNothingAndAListIsGoneThroughInOrder() {
        driver.start(PACKED);
        for (int i = 0; i < 61; i++) {
            exchange(0, i);
        }
        PackedRing ring = packed(0);
        long in = ring.buffer(bytes(10, 20, 30, 40, 50, 60));
        long out = ring.buffer(16);
        // Over the end of the ring: 122 descriptors are behind it.
        assertEquals(58, ring.position());
        int mine = 1 << 15;
        ring.descriptor(59, in + 1, 3, mine | NEXT, 0);
        ring.descriptor(60, in + 4, 2, mine | NEXT, 0);
        ring.descriptor(61, out, 4, mine | NEXT | WRITE, 0);
        ring.descriptor(62, out + 4, 0, mine | NEXT | WRITE, 0);
        ring.descriptor(63, out + 4, 1, mine | NEXT | WRITE, 0);
        ring.descriptor(0, out + 5, 11, 1 << 7 | WRITE, 4711);
        ring.descriptor(58, in, 1, NEXT, 0);
        ring.offer(58);
        answered(ring, 0, 1);
        assertArrayEquals(bytes(11, 21, 31, 41, 51, 61), ring.bytes(out, 6));
        assertArrayEquals(bytes(6, 0, 0, 0, 4711 & 0xff, 4711 >> 8), ring.bytes(ring.descriptors() + 58 * 16 + 8, 6));
    }

    /** 2.8.7: all of an indirect table is the buffer, and its only flag is WRITE. */
    @Test
    void s2_8_7_anIndirectTableIsAList() {
        driver.start(PACKED | INDIRECT_DESC);
        PackedRing ring = packed(0);
        long table = ring.buffer(48);
        long out = ring.buffer(16);
        ring.descriptorAt(table, ring.buffer(bytes(1, 2)), 2, 0, 0);
        ring.descriptorAt(table + 16, ring.buffer(bytes(3)), 1, NEXT, 0xffff);
        ring.descriptorAt(table + 32, out, 3, WRITE, 0);
        ring.descriptor(0, table, 48, INDIRECT | WRITE, 5);
        ring.offer(0);
        answered(ring, 0, 1);
        assertArrayEquals(bytes(2, 3, 4), ring.bytes(out, 3));
        assertArrayEquals(bytes(3, 0, 0, 0, 5, 0), ring.bytes(ring.descriptors() + 8, 6));
    }

    /** 2.8.4: where the device writes nothing there is no length. */
    @Test
    void s2_8_4_aBufferThatIsOnlyReadComesBackWithoutTheWriteFlag() {
        driver.start(PACKED);
        driver.ring(0).add(bytes(1, 2), 0);
        answered(driver.ring(0), 0, 1);
        assertEquals(0x80, driver.ring(0).bytes(driver.ring(0).descriptors() + 14, 1)[0] & 0xff);
    }

    /** 2.8.10: "Disable events." */
    @ParameterizedTest
    @ValueSource(longs = {PACKED, PACKED | EVENTS})
    void s2_8_10_noInterruptsWhereTheDriverWantsNone(long features) {
        driver.start(features);
        driver.ring(0).noInterrupts(true);
        exchange(0, 1);
        exchange(0, 1);
        assertEquals(List.of(), messagesAtRest());
    }

    /** 2.8.10: "Enable events." */
    @ParameterizedTest
    @ValueSource(longs = {PACKED, PACKED | EVENTS})
    void s2_8_10_everyBufferInterruptsWhereTheDriverWantsThat(long features) {
        driver.start(features);
        driver.ring(0).noInterrupts(false);
        exchange(0, 1);
        exchange(1, 1);
        exchange(0, 1);
        assertEquals(List.of(1, 2, 1), messages(3));
    }

    /** 2.8.10: "Enable events for a specific descriptor", at which and at no other an interrupt comes. */
    @Test
    void s2_8_10_withEventsTheDescriptorThatTheDriverNamesInterrupts() {
        driver.start(PACKED | EVENTS);
        // Two descriptors a request: this is in the second one's.
        driver.ring(0).usedEvent(3 | WRAP);
        exchange(0, 1);
        assertEquals(List.of(), messagesAtRest());
        exchange(0, 1);
        assertEquals(List.of(1), messages(1));
        for (int i = 0; i < 60; i++) {
            exchange(0, 1);
        }
        assertEquals(List.of(), messagesAtRest());
    }

    /** 2.8.10: "Event will only trigger when Ring Wrap Counter matches this value." */
    @Test
    void s2_8_10_withEventsTheTurnMatters() {
        driver.start(PACKED | EVENTS);
        driver.ring(0).usedEvent(2);
        for (int i = 0; i < 33; i++) {
            exchange(0, 1);
        }
        assertEquals(List.of(), messagesAtRest());
        exchange(0, 1);
        assertEquals(List.of(1), messages(1));
    }

    /** 2.8.10: the position before the end of the ring, and the first behind it. */
    @Test
    void s2_8_10_withEventsAroundTheEndOfTheRing() {
        for (int position : new int[] {63 | WRAP, 62 | WRAP, 0, 1}) {
            driver.start(PACKED | EVENTS);
            driver.ring(0).usedEvent(position);
            bench.pci().takeMessages();
            int before = (position & WRAP) != 0 ? 31 : 32;
            for (int i = 0; i < before; i++) {
                exchange(0, 1);
            }
            assertEquals(List.of(), messagesAtRest(), "before " + position);
            exchange(0, 1);
            assertEquals(List.of(1), messages(1), "at " + position);
        }
    }

    /** 2.8.14, 2.8.21.3: the device names the descriptor of which it wants to be notified; without EVENT_IDX it wants to be of all. */
    @Test
    void s2_8_21_3_theDeviceAsksToBeNotifiedOfTheNextBuffer() {
        driver.start(PACKED | EVENTS);
        for (int i = 0; i < 100; i++) {
            exchange(0, i);
            int next = packed(0).position();
            VirtioDriver.await("the event", () -> packed(0).availableEvent() == next);
            assertEquals(2, packed(0).availableEventFlags());
        }
        driver.start(PACKED);
        exchange(0, 1);
        bench.state();
        assertEquals(0, packed(0).availableEventFlags());
    }

    /** 2.8.10.1: "The Queue Size value does not have to be a power of 2." */
    @Test
    void s2_8_10_1_aRingOfAnySize() {
        for (int size : new int[] {1, 3, 17, 63}) {
            driver.negotiate(PACKED);
            select(0);
            driver.common(QUEUE_SIZE, 2, size);
            assertEquals(size, driver.common(QUEUE_SIZE, 2));
            DriverRing ring = driver.setUp(0, 1, PACKED);
            driver.status(READY);
            for (int i = 0; i < 200; i++) {
                ring.add(bytes(i), size == 1 ? 0 : 1);
                driver.notify(0);
                ring.await();
                if (i % 50 == 49) {
                    bench.swap();
                }
            }
        }
    }
}
