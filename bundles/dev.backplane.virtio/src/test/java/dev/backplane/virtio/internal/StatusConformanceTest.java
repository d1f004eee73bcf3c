package dev.backplane.virtio.internal;

import static dev.backplane.testkit.virtio.VirtioDriver.ACKNOWLEDGE;
import static dev.backplane.testkit.virtio.VirtioDriver.DRIVER;
import static dev.backplane.testkit.virtio.VirtioDriver.FEATURES_OK;
import static dev.backplane.testkit.virtio.VirtioDriver.NEEDS_RESET;
import static dev.backplane.testkit.virtio.VirtioDriver.NO_VECTOR;
import static dev.backplane.testkit.virtio.VirtioDriver.VERSION_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.testkit.virtio.DriverRing;
import dev.backplane.testkit.virtio.VirtioDriver;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Status, features, reset, configuration, resets of queues: virtio 1.2, 7.3, sections 2.1 to 2.6, 3.1 and 6.3. */
class StatusConformanceTest extends Conformance {
    /** 2.1.2: "The device MUST initialize device status to 0 upon reset." */
    @Test
    void s2_1_2_statusIsZeroAfterAResetAndBitsAreAddedByTheDriver() {
        driver.reset();
        assertEquals(0, driver.status());
        driver.status(ACKNOWLEDGE);
        driver.status(DRIVER);
        assertEquals(ACKNOWLEDGE | DRIVER, driver.status());
    }

    /** 2.1.2: "The device MUST NOT consume buffers ... before DRIVER_OK." */
    @ParameterizedTest
    @ValueSource(longs = {0, PACKED})
    void s2_1_2_noBufferIsTakenBeforeTheDriverIsReady(long rings) {
        driver.negotiate(rings);
        DriverRing ring = driver.setUp(0, 1, rings);
        ring.add(bytes(1), 1);
        driver.notify(0);
        assertEquals(0, echo.activations.get());
        assertEquals(0, ring.waiting());
        driver.status(READY);
        assertArrayEquals(bytes(2), ring.await());
    }

    /** 2.1.2: "The device MUST NOT ... notify the driver before DRIVER_OK." */
    @Test
    void s2_1_2_theDriverIsNotNotifiedBeforeItIsReady() {
        driver.negotiate(0);
        bench.pci().enableMessages(true);
        driver.common(CONFIG_VECTOR, 2, 0);
        echo.port.configurationChanged();
        echo.port.needsReset("a test");
        assertEquals(List.of(), bench.pci().takeMessages());
    }

    /** 2.1.2: "If DRIVER_OK is set, after it sets DEVICE_NEEDS_RESET, the device MUST send a device configuration change notification." */
    @Test
    void s2_1_2_needsResetNotifiesADriverThatIsReady() {
        driver.start(0);
        bench.pci().takeMessages();
        echo.port.needsReset("a test");
        assertEquals(NEEDS_RESET, driver.status() & NEEDS_RESET);
        assertEquals(List.of(0), bench.pci().takeMessages());
    }

    /** 2.2.2: "The device MUST NOT offer a feature which requires another feature which was not offered." None of those here does. */
    @Test
    void s2_2_2_theTransportsFeaturesAndTheDevicesAreOffered() {
        assertEquals(
                VERSION_1 | INDIRECT_DESC | EVENTS | PACKED | RING_RESET | 1L << EchoFactory.FEATURE, driver.offered());
    }

    /** 2.2.2: "The device SHOULD accept any valid subset of features the driver accepts." */
    @Test
    void s2_2_2_everySubsetOfTheTransportsFeaturesIsAccepted() {
        long[] bits = {INDIRECT_DESC, EVENTS, PACKED, RING_RESET, 1L << EchoFactory.FEATURE};
        for (int subset = 0; subset < 1 << bits.length; subset++) {
            long features = 0;
            for (int i = 0; i < bits.length; i++) {
                features |= (subset >> i & 1) * bits[i];
            }
            driver.start(features);
            assertArrayEquals(bytes(8, 9), exchange(0, 7, 8));
            assertEquals(features | VERSION_1, echo.features);
        }
    }

    /** 2.2.2: "... otherwise it MUST fail to set the FEATURES_OK device status bit when the driver writes it." */
    @Test
    void s2_2_2_featuresThatWereNotOfferedAreNotAccepted() {
        for (int bit : new int[] {3, 24, 33, 35, 38, 63}) {
            assertEquals(0, driver.negotiate(1L << bit) & FEATURES_OK, "bit " + bit);
        }
    }

    /** 6.3: a device "MAY fail to operate further if VIRTIO_F_VERSION_1 is not accepted": this one has no other interface. */
    @Test
    void s6_3_withoutVersionOneThereIsNoAgreement() {
        driver.reset();
        driver.status(ACKNOWLEDGE | DRIVER);
        driver.accept(1 << EchoFactory.FEATURE);
        driver.status(ACKNOWLEDGE | DRIVER | FEATURES_OK);
        assertEquals(0, driver.status() & FEATURES_OK);
    }

    /** 6.3: "A device MUST offer VIRTIO_F_VERSION_1." */
    @Test
    void s6_3_versionOneIsOffered() {
        assertTrue((driver.offered() & VERSION_1) != 0);
    }

    /** 3.1.1: no feature bit changes behind FEATURES_OK. */
    @Test
    void s3_1_1_featuresCannotBeChangedAfterTheNegotiation() {
        driver.start(1L << EchoFactory.FEATURE);
        driver.accept(VERSION_1);
        driver.common(DRIVER_FEATURE_SELECT, 4, 0);
        assertEquals(1L << EchoFactory.FEATURE, driver.common(DRIVER_FEATURE, 4));
        exchange(0, 1);
        assertEquals(VERSION_1 | 1L << EchoFactory.FEATURE, echo.features);
    }

    /** 2.4.1: "A device MUST reinitialize device status to 0 after receiving a reset." And it is as new. */
    @Test
    void s2_4_1_aResetForgetsEverythingAndTheDriverCanBeginAnew() {
        for (int i = 0; i < 20; i++) {
            driver.start((i % 2 == 0 ? EVENTS : 0) | (i % 3 == 0 ? PACKED : 0));
            assertArrayEquals(bytes(2, 3), exchange(0, 1, 2));
            driver.reset();
            assertEquals(0, driver.status());
            select(0);
            assertEquals(64, driver.common(QUEUE_SIZE, 2), "its largest size");
            assertEquals(0, driver.common(QUEUE_ENABLE, 2), "not enabled");
            assertEquals(NO_VECTOR, driver.common(QUEUE_VECTOR, 2));
            assertEquals(0, driver.common(QUEUE_DESC, 8));
        }
    }

    /** 2.4.1: "A device MUST NOT send notifications or interact with the queues after indicating completion of the reset ..." */
    @ParameterizedTest
    @ValueSource(longs = {0, PACKED})
    void s2_4_1_aResetWaitsForWhatIsInFlightAndNothingComesBehindIt(long rings) {
        driver.start(rings);
        echo.holding = true;
        DriverRing ring = driver.ring(0);
        ring.add(bytes(1), 1);
        driver.notify(0);
        VirtioDriver.await("it is taken", () -> echo.taken.get() == 1);
        driver.status(0);
        VirtioDriver.await("the reset", () -> driver.status() == 0);
        assertEquals(1, ring.waiting());
        bench.pci().takeMessages();
        ring.add(bytes(1), 1);
        driver.notify(0);
        echo.port.configurationChanged();
        assertEquals(List.of(), messagesAtRest());
        assertEquals(1, ring.waiting());
    }

    /** 2.5.3: "The device MUST allow reading of any device-specific configuration field before FEATURES_OK is set by the driver." */
    @Test
    void s2_5_3_theConfigurationIsReadBeforeTheNegotiation() {
        driver.configuration(0, 8, 0x1122_3344_5566_7788L);
        driver.reset();
        assertEquals(0x3344, driver.configuration(4, 2));
        driver.configuration(7, 1, 0xff);
        assertEquals(0xff22, driver.configuration(6, 2));
    }

    /** 2.6.1.1.1: "After a queue has been reset by the driver, the device MUST NOT execute any requests from that virtqueue ..." */
    @ParameterizedTest
    @ValueSource(longs = {RING_RESET, RING_RESET | PACKED})
    void s2_6_1_1_1_aQueueThatWasResetIsNotProcessedWhileTheOtherGoesOn(long features) {
        driver.start(features);
        exchange(0, 1);
        exchange(1, 1);
        resetQueue(0);
        DriverRing old = driver.ring(0);
        old.add(bytes(1), 1);
        driver.notify(0);
        assertArrayEquals(bytes(8), exchange(1, 7));
        bench.pci().takeMessages();
        assertEquals(List.of(), messagesAtRest());
        assertEquals(0, old.waiting());
    }

    private void resetQueue(int queue) {
        select(queue);
        driver.common(QUEUE_RESET, 2, 1);
        VirtioDriver.await("the queue's reset", () -> driver.common(QUEUE_RESET, 2) == 0);
    }

    /** 2.6.1.1.1: "The device MUST reset any state of a virtqueue to the default state, including the available state and the used state." */
    @ParameterizedTest
    @ValueSource(longs = {RING_RESET, RING_RESET | PACKED})
    void s2_6_1_1_1_aQueueThatWasResetIsAsAfterAReset(long features) {
        driver.start(features);
        exchange(0, 1);
        resetQueue(0);
        assertEquals(64, driver.common(QUEUE_SIZE, 2));
        assertEquals(NO_VECTOR, driver.common(QUEUE_VECTOR, 2));
        assertEquals(0, driver.common(QUEUE_DESC, 8));
        var queue = bench.state().virtio().queues().getFirst();
        assertEquals(0, queue.nextAvailable());
        assertEquals(0, queue.nextUsed());
    }

    /** 2.6.1.2.1: "The device MUST observe any queue configuration that may have been changed by the driver, like the maximum queue size." */
    @ParameterizedTest
    @ValueSource(longs = {RING_RESET, RING_RESET | PACKED})
    void s2_6_1_2_1_aQueueThatIsEnabledAgainHasItsNewSizeAndPlace(long features) {
        driver.start(features);
        exchange(0, 1);
        for (int i = 0; i < 5; i++) {
            resetQueue(0);
            driver.common(QUEUE_SIZE, 2, 8 << i & 63);
            DriverRing again = driver.setUp(0, 1, features);
            again.add(bytes(4), 1);
            driver.notify(0);
            assertArrayEquals(bytes(5), again.await());
            assertArrayEquals(bytes(8), exchange(1, 7));
        }
    }

    /** 2.6.1: what was in flight is answered, or was not taken. */
    @ParameterizedTest
    @ValueSource(longs = {RING_RESET, RING_RESET | PACKED})
    void s2_6_1_aResetOfAQueueForgetsWhatWasPutBack(long features) {
        driver.start(features);
        echo.holding = true;
        echo.puttingBack = true;
        driver.ring(0).add(bytes(1), 1);
        driver.notify(0);
        VirtioDriver.await("it is taken", () -> echo.taken.get() == 1);
        resetQueue(0);
        echo.holding = false;
        DriverRing again = driver.setUp(0, 1, features);
        again.add(bytes(4), 1);
        driver.notify(0);
        assertArrayEquals(bytes(5), again.await());
        assertEquals(0, again.waiting());
    }
}
