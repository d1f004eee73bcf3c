package dev.backplane.virtio.internal;

import dev.backplane.api.device.Shape;
import dev.backplane.api.device.pci.PciBar;
import dev.backplane.api.device.pci.PciCapability;
import dev.backplane.api.device.pci.PciDoorbell;
import dev.backplane.api.device.pci.PciFunction;
import dev.backplane.api.device.virtio.VirtioProfile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/** Where the registers are: one BAR with a page for each structure, and the capabilities that lead there (4.1.4). */
final class Layout {
    static final String REGISTERS = "registers";
    static final String CONFIGURATION_ACCESS = "configuration-access";

    static final int PAGE = 0x1000;
    static final int COMMON = 0;
    static final int INTERRUPT_STATUS = PAGE;
    static final int DEVICE = 2 * PAGE;
    static final int NOTIFY = 3 * PAGE;
    /** Bytes between two queues' notification registers. */
    static final int NOTIFY_MULTIPLIER = 4;

    static final int COMMON_BYTES = 0x3c;
    static final int INTERRUPT_STATUS_BYTES = 1;

    private static final int BAR_BYTES = 4 * PAGE;
    private static final int VENDOR = 0x1af4;
    private static final int FIRST_DEVICE = 0x1040;
    private static final int REVISION = 1;

    private static final int CAPABILITY = 9;
    private static final int COMMON_CFG = 1;
    private static final int NOTIFY_CFG = 2;
    private static final int ISR_CFG = 3;
    private static final int DEVICE_CFG = 4;
    private static final int PCI_CFG = 5;

    private Layout() {}

    static Shape shape(VirtioProfile profile) {
        int queues = profile.queueSizes().size();
        PciFunction.Builder function = PciFunction.of(VENDOR, FIRST_DEVICE + profile.deviceId(), profile.classCode())
                .revision(REVISION)
                .subsystem(VENDOR, FIRST_DEVICE + profile.deviceId())
                .bar(REGISTERS, 0, BAR_BYTES, PciBar.Kind.MEMORY_64)
                .capability(structure(COMMON_CFG, COMMON, COMMON_BYTES))
                .capability(structure(ISR_CFG, INTERRUPT_STATUS, INTERRUPT_STATUS_BYTES))
                .capability(new PciCapability(
                        CAPABILITY,
                        body(NOTIFY_CFG, NOTIFY, queues * NOTIFY_MULTIPLIER, 4)
                                .putInt(NOTIFY_MULTIPLIER)
                                .array()))
                .capability(new PciCapability(
                        CAPABILITY, body(PCI_CFG, 0, 0, 4).array(), Optional.of(CONFIGURATION_ACCESS)))
                .messages(queues + 1)
                .pin();
        for (int queue = 0; queue < queues; queue++) {
            // NOTIFICATION_DATA is not offered, so that the register's place says it all (4.1.5.2).
            function.doorbell(new PciDoorbell(REGISTERS, NOTIFY + (long) queue * NOTIFY_MULTIPLIER));
        }
        if (profile.configurationBytes() > 0) {
            function.capability(structure(DEVICE_CFG, DEVICE, profile.configurationBytes()));
        }
        return Shape.empty().withPci(function.build());
    }

    private static PciCapability structure(int type, int offset, int length) {
        return new PciCapability(CAPABILITY, body(type, offset, length, 0).array());
    }

    /** What is behind identifier and pointer: its length, type, BAR, offset, length, and room for more. */
    private static ByteBuffer body(int type, int offset, int length, int more) {
        int bytes = 14 + more;
        return ByteBuffer.allocate(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) (bytes + 2))
                .put((byte) type)
                .put((byte) 0)
                .put((byte) 0)
                .putShort((short) 0)
                .putInt(offset)
                .putInt(length);
    }
}
