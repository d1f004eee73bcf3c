package dev.backplane.virtio.internal;

import static dev.backplane.testkit.virtio.VirtioDriver.NO_VECTOR;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.pci.PciBar;
import dev.backplane.api.device.pci.PciCapability;
import dev.backplane.api.device.pci.PciFunction;
import dev.backplane.testkit.virtio.VirtioDriver;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The PCI transport: virtio 1.2, 7.3.1, section 4.1. */
class PciConformanceTest extends Conformance {
    private final PciFunction function = bench.shape().pci().orElseThrow();

    private ByteBuffer structure(int type) {
        return function.capabilities().stream()
                .map(PciCapability::body)
                .filter(body -> body[1] == type)
                .map(body -> ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN))
                .findFirst()
                .orElseThrow();
    }

    /** 4.1.2.1: vendor 0x1af4, "0x1040 plus the Virtio Device ID", subsystem "0x40 or higher", revision 1 or higher. */
    @Test
    void s4_1_2_1_theFunctionIsFoundByItsIdentifiers() {
        assertEquals(0x1af4, function.vendorId());
        assertEquals(0x1040 + 42, function.deviceId());
        assertTrue(function.subsystemId() >= 0x40);
        assertTrue(function.revisionId() >= 1);
    }

    /** 4.1.4.3.1: at least one common configuration, its offset "4-byte aligned". */
    @Test
    void s4_1_4_3_1_thereIsACommonConfiguration() {
        assertEquals(0, structure(1).getInt(6) % 4);
        assertTrue(structure(1).getInt(10) >= 0x3c);
    }

    /** 4.1.4.3.1: features "starting at bit device_feature_select * 32", beyond 64 bits none. */
    @Test
    void s4_1_4_3_1_featuresAreReadInHalves() {
        driver.common(DEVICE_FEATURE_SELECT, 4, 1);
        assertEquals(VirtioDriver.VERSION_1 >>> 32, driver.common(DEVICE_FEATURE, 4) & VirtioDriver.VERSION_1 >>> 32);
        for (long beyond : new long[] {2, 3, 0xffff_ffffL}) {
            driver.common(DEVICE_FEATURE_SELECT, 4, beyond);
            assertEquals(0, driver.common(DEVICE_FEATURE, 4));
        }
    }

    /** 4.1.4.3.1: "The device MUST present any valid feature bits the driver has written in driver_feature." */
    @Test
    void s4_1_4_3_1_whatTheDriverAcceptsReadsBack() {
        driver.reset();
        driver.accept(VirtioDriver.VERSION_1 | EVENTS);
        driver.common(DRIVER_FEATURE_SELECT, 4, 0);
        assertEquals(EVENTS, driver.common(DRIVER_FEATURE, 4));
        driver.common(DRIVER_FEATURE_SELECT, 4, 1);
        assertEquals(1, driver.common(DRIVER_FEATURE, 4));
    }

    /** 4.1.4.3.1: "The device MUST present a changed config_generation after ..." the configuration has changed; the driver is told. */
    @Test
    void s4_1_4_3_1_theGenerationChangesWithTheConfiguration() {
        driver.start(0);
        for (int i = 0; i < 300; i++) {
            long before = driver.common(GENERATION, 1);
            echo.port.configurationChanged();
            assertEquals(before + 1 & 0xff, driver.common(GENERATION, 1));
        }
        assertEquals(300, messages(300).size());
    }

    /** 4.1.4.3.1: "The device MUST reset when 0 is written to device_status, and present a 0 in device_status once that is done." */
    @Test
    void s4_1_4_3_1_zeroInTheStatusResets() {
        driver.start(0);
        driver.reset();
        assertEquals(0, driver.status());
        select(0);
        assertEquals(0, driver.common(QUEUE_ENABLE, 2), "a 0 in queue_enable on reset");
        assertEquals(0, driver.common(QUEUE_RESET, 2), "a 0 in queue_reset on reset");
    }

    /** 4.1.4.3.1: 1 in queue_reset while the reset is under way, "0 in both queue_reset and queue_enable when queue reset has completed". */
    @Test
    void s4_1_4_3_1_theResetOfAQueueIsSeen() {
        driver.start(RING_RESET);
        exchange(0, 1);
        select(0);
        assertEquals(1, driver.common(QUEUE_ENABLE, 2));
        driver.common(QUEUE_RESET, 2, 1);
        assertEquals(0, driver.common(QUEUE_ENABLE, 2));
        VirtioDriver.await("the queue's reset", () -> driver.common(QUEUE_RESET, 2) == 0);
        assertEquals(0, driver.common(QUEUE_ENABLE, 2));
        driver.setUp(0, 1, RING_RESET);
        assertEquals(1, driver.common(QUEUE_ENABLE, 2));
        assertEquals(0, driver.common(QUEUE_RESET, 2), "a 0 after the virtqueue is enabled");
    }

    /** 6: without RING_RESET the register does nothing. */
    @Test
    void s4_1_4_3_1_withoutTheFeatureAQueueIsNotReset() {
        driver.start(0);
        select(0);
        driver.common(QUEUE_RESET, 2, 1);
        assertEquals(0, driver.common(QUEUE_RESET, 2));
        assertArrayEquals(bytes(2), exchange(0, 1));
    }

    /** 4.1.4.3.1: "The device MUST present a 0 in queue_size if the virtqueue ... is unavailable." */
    @Test
    void s4_1_4_3_1_aQueueThatDoesNotExistHasNoSize() {
        select(2);
        assertEquals(0, driver.common(QUEUE_SIZE, 2));
        driver.common(QUEUE_ENABLE, 2, 1);
        select(0xffff);
        assertEquals(0, driver.common(QUEUE_SIZE, 2));
        assertEquals(2, driver.common(NUM_QUEUES, 2));
    }

    /** 4.1.4.3.1: "If VIRTIO_F_RING_PACKED has not been negotiated, the device MUST present either a value of 0 or a power of 2." */
    @Test
    void s4_1_4_3_1_aSplitRingsSizeIsAPowerOfTwo() {
        driver.negotiate(0);
        select(0);
        for (int size : new int[] {0, 3, 48, 65, 128, 0x8000, 0xffff}) {
            driver.common(QUEUE_SIZE, 2, size);
            assertEquals(64, driver.common(QUEUE_SIZE, 2), "after " + size);
        }
        driver.common(QUEUE_SIZE, 2, 16);
        assertEquals(16, driver.common(QUEUE_SIZE, 2));
    }

    /** 4.1.4.4.1: the notification structure's offset and multiplier, and room for every queue. */
    @Test
    void s4_1_4_4_1_everyQueueHasItsNotification() {
        ByteBuffer notify = structure(2);
        int multiplier = notify.getInt(14);
        assertEquals(0, notify.getInt(6) % 2, "2-byte aligned");
        assertTrue(multiplier == 0 || multiplier % 2 == 0 && Integer.bitCount(multiplier) == 1);
        for (int queue = 0; queue < 2; queue++) {
            select(queue);
            assertTrue(notify.getInt(10) >= driver.common(QUEUE_NOTIFY_OFF, 2) * multiplier + 2);
        }
    }

    /** 4.1.4.5.1: "set the Device Configuration Interrupt bit in ISR status before sending a device configuration change notification". */
    @Test
    void s4_1_4_5_1_aChangeOfTheConfigurationIsInTheStatus() {
        driver.start(0);
        for (boolean messages : new boolean[] {true, false}) {
            bench.pci().enableMessages(messages);
            echo.port.configurationChanged();
            assertEquals(2, driver.interruptStatus());
        }
    }

    /** 4.1.4.5.1: without MSI-X "the device MUST set the Queue Interrupt bit in ISR status before sending a virtqueue notification". */
    @Test
    void s4_1_4_5_1_withoutMessagesAQueueIsInTheStatusAndThePinRises() {
        driver.start(0);
        bench.pci().enableMessages(false);
        exchange(0, 1);
        VirtioDriver.await("the pin", () -> bench.pci().pin().isUp());
        assertEquals(1, driver.interruptStatus());
        assertFalse(bench.pci().pin().isUp());
    }

    /** 4.1.4.5.1: "The device MUST reset ISR status to 0 on driver read." */
    @Test
    void s4_1_4_5_1_readingTheStatusClearsIt() {
        driver.start(0);
        bench.pci().enableMessages(false);
        echo.port.configurationChanged();
        assertEquals(2, driver.interruptStatus());
        assertEquals(0, driver.interruptStatus());
        assertFalse(bench.pci().pin().isUp());
    }

    /** 4.1.4.6.1: the device's configuration, "4-byte aligned". */
    @Test
    void s4_1_4_6_1_thereIsADeviceConfiguration() {
        assertEquals(0, structure(4).getInt(6) % 4);
        assertEquals(8, structure(4).getInt(10));
        assertEquals(0, bench.read("registers", structure(4).getInt(6) + 8, 4), "nothing behind it");
    }

    /** 4.1.4.9.1: an access to pci_cfg_data is one "at the selected offset", of "cap.length" bytes, of the BAR. */
    @Test
    void s4_1_4_9_1_theRegistersAreReachedThroughConfigurationSpaceToo() {
        String window = "configuration-access";
        bench.write(window, 2, 1, 0);
        bench.write(window, 6, 4, 0x12);
        bench.write(window, 10, 4, 2);
        assertEquals(0x12, bench.read(window, 6, 4));
        assertEquals(2, bench.read(window, 14, 2), "the number of queues");
        bench.write(window, 10, 4, 3);
        assertEquals(0, bench.read(window, 14, 2), "no such width");
        bench.write(window, 10, 4, 4);
        bench.write(window, 6, 4, 0x4000);
        assertEquals(0, bench.read(window, 14, 4), "outside");
        bench.write(window, 6, 4, QUEUE_SELECT);
        bench.write(window, 10, 4, 2);
        bench.write(window, 14, 2, 1);
        assertEquals(1, driver.common(QUEUE_SELECT, 2));
    }

    /** 4.1.5.1.1.1: nothing that a driver of before 1.0 could use: no port BAR, and no device of its identifiers. */
    @Test
    void s4_1_5_1_1_1_aLegacyDriverFindsNothing() {
        assertTrue(function.deviceId() >= 0x1040);
        assertTrue(function.bars().stream().noneMatch(bar -> bar.kind() == PciBar.Kind.PORTS));
    }

    /** 4.1.5.1.2.1: "2 to 0x800" vectors, and "mapping any event type to any vector". */
    @Test
    void s4_1_5_1_2_1_anyEventIsMappedToAnyVector() {
        assertTrue(function.messages() >= 2 && function.messages() <= 0x800);
        driver.start(0);
        for (int vector = 0; vector < function.messages(); vector++) {
            select(0);
            driver.common(QUEUE_VECTOR, 2, vector);
            driver.common(CONFIG_VECTOR, 2, vector);
            assertEquals(vector, driver.common(QUEUE_VECTOR, 2));
            assertEquals(vector, driver.common(CONFIG_VECTOR, 2));
            exchange(0, 1);
            assertEquals(List.of(vector), messages(1));
            echo.port.configurationChanged();
            assertEquals(List.of(vector), messages(1));
        }
    }

    /** 4.1.5.1.2.1: "The device MUST support unmapping any event type." 4.1.5.3.1, 4.1.5.4.1: no interrupt for it then. */
    @Test
    void s4_1_5_1_2_1_anEventThatIsNotMappedDoesNotInterrupt() {
        driver.start(0);
        select(0);
        driver.common(QUEUE_VECTOR, 2, NO_VECTOR);
        driver.common(CONFIG_VECTOR, 2, NO_VECTOR);
        exchange(0, 1);
        echo.port.configurationChanged();
        List<Integer> vectors =
                messagesAtRest().stream().filter(vector -> vector != NO_VECTOR).toList();
        assertEquals(List.of(), vectors);
    }

    /** 4.1.5.1.2.1: "MUST return ... the vector mapped, or NO_VECTOR" on a read; one that there is not cannot be mapped. */
    @Test
    void s4_1_5_1_2_1_aVectorThatCannotBeMappedReadsBackAsNone() {
        driver.reset();
        for (int vector : IntStream.of(3, 77, 0x800, 0xfffe).toArray()) {
            driver.common(CONFIG_VECTOR, 2, 2);
            driver.common(CONFIG_VECTOR, 2, vector);
            assertEquals(NO_VECTOR, driver.common(CONFIG_VECTOR, 2));
            select(1);
            driver.common(QUEUE_VECTOR, 2, vector);
            assertEquals(NO_VECTOR, driver.common(QUEUE_VECTOR, 2));
        }
    }

    /** 4.1.5.1.2.1: "MUST have all queue and configuration change events unmapped upon reset." */
    @Test
    void s4_1_5_1_2_1_afterAResetNothingIsMapped() {
        driver.start(0);
        driver.reset();
        assertEquals(NO_VECTOR, driver.common(CONFIG_VECTOR, 2));
        for (int queue = 0; queue < 2; queue++) {
            select(queue);
            assertEquals(NO_VECTOR, driver.common(QUEUE_VECTOR, 2));
        }
    }
}
