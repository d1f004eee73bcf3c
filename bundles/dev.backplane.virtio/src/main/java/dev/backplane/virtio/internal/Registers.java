package dev.backplane.virtio.internal;

import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.virtio.VirtioDevice;

/**
 * The device's BAR: common configuration, interrupt status, the device's configuration, notifications (4.1.4). A field is accessed
 * with its own width, those of 64 bits in halves too (4.1.3.1); anything else reads as zero and is ignored.
 */
final class Registers implements RegisterHandler {
    private static final int DEVICE_FEATURE_SELECT = 0x00;
    private static final int DEVICE_FEATURE = 0x04;
    private static final int DRIVER_FEATURE_SELECT = 0x08;
    private static final int DRIVER_FEATURE = 0x0c;
    private static final int CONFIG_VECTOR = 0x10;
    private static final int NUM_QUEUES = 0x12;
    private static final int DEVICE_STATUS = 0x14;
    private static final int CONFIG_GENERATION = 0x15;
    private static final int QUEUE_SELECT = 0x16;
    private static final int QUEUE_SIZE = 0x18;
    private static final int QUEUE_VECTOR = 0x1a;
    private static final int QUEUE_ENABLE = 0x1c;
    private static final int QUEUE_NOTIFY_OFF = 0x1e;
    private static final int QUEUE_DESC = 0x20;
    private static final int QUEUE_DRIVER = 0x28;
    private static final int QUEUE_DEVICE = 0x30;
    private static final int QUEUE_RESET = 0x3a;

    private final Transport transport;
    private final VirtioDevice device;
    private final int configurationBytes;

    Registers(Transport transport, VirtioDevice device, int configurationBytes) {
        this.transport = transport;
        this.device = device;
        this.configurationBytes = configurationBytes;
    }

    @Override
    public long read(long offset, int size) {
        int at = (int) offset % Layout.PAGE;
        return switch ((int) offset / Layout.PAGE * Layout.PAGE) {
            case Layout.COMMON -> common(at, size);
            case Layout.INTERRUPT_STATUS -> at == 0 ? transport.takeInterruptStatus() : 0;
            case Layout.DEVICE -> at + size <= configurationBytes ? device.readConfiguration(at, size) : 0;
            default -> 0;
        };
    }

    @Override
    public void write(long offset, int size, long value) {
        int at = (int) offset % Layout.PAGE;
        switch ((int) offset / Layout.PAGE * Layout.PAGE) {
            case Layout.COMMON -> common(at, size, value);
            case Layout.DEVICE -> {
                if (at + size <= configurationBytes) {
                    device.writeConfiguration(at, size, value);
                }
            }
            case Layout.NOTIFY -> transport.notified(at / Layout.NOTIFY_MULTIPLIER);
            default -> {
                // The interrupt status is only read.
            }
        }
    }

    private long common(int at, int size) {
        synchronized (transport) {
            Negotiation agreed = transport.negotiation;
            return switch (at) {
                case DEVICE_FEATURE_SELECT -> word(agreed.deviceFeatureSelect);
                case DEVICE_FEATURE -> half(agreed.offered(), agreed.deviceFeatureSelect);
                case DRIVER_FEATURE_SELECT -> word(agreed.driverFeatureSelect);
                case DRIVER_FEATURE -> half(agreed.driverFeatures(), agreed.driverFeatureSelect);
                case CONFIG_VECTOR -> agreed.configurationVector;
                case NUM_QUEUES -> transport.setups.size();
                case DEVICE_STATUS -> agreed.status;
                case CONFIG_GENERATION -> agreed.generation;
                case QUEUE_SELECT -> transport.queueSelect;
                default -> selected(at, size);
            };
        }
    }

    private static long word(int value) {
        return Integer.toUnsignedLong(value);
    }

    private static long half(long value, int select) {
        return select == 0 ? value & 0xffff_ffffL : select == 1 ? value >>> 32 : 0;
    }

    /** A queue that does not exist has size 0 (4.1.4.3.2). */
    private long selected(int at, int size) {
        if (transport.queueSelect >= transport.setups.size()) {
            return 0;
        }
        QueueSetup queue = transport.setups.get(transport.queueSelect);
        return switch (at) {
            case QUEUE_SIZE -> queue.size;
            case QUEUE_VECTOR -> queue.vector;
            case QUEUE_ENABLE -> queue.enabled && !queue.resetting ? 1 : 0;
            case QUEUE_NOTIFY_OFF -> transport.queueSelect;
            case QUEUE_RESET -> queue.resetting ? 1 : 0;
            case QUEUE_DESC, QUEUE_DESC + 4 -> part(queue.descriptors, at - QUEUE_DESC, size);
            case QUEUE_DRIVER, QUEUE_DRIVER + 4 -> part(queue.driver, at - QUEUE_DRIVER, size);
            case QUEUE_DEVICE, QUEUE_DEVICE + 4 -> part(queue.device, at - QUEUE_DEVICE, size);
            default -> 0;
        };
    }

    private static long part(long value, int from, int size) {
        return size == 8 ? value : value >>> 8 * from & 0xffff_ffffL;
    }

    private void common(int at, int size, long value) {
        if (at == DEVICE_STATUS) {
            transport.status((int) value & 0xff);
            return;
        }
        synchronized (transport) {
            Negotiation agreed = transport.negotiation;
            switch (at) {
                case DEVICE_FEATURE_SELECT -> agreed.deviceFeatureSelect = (int) value;
                case DRIVER_FEATURE_SELECT -> agreed.driverFeatureSelect = (int) value;
                case DRIVER_FEATURE ->
                    agreed.driverFeatures(withHalf(agreed.driverFeatures(), agreed.driverFeatureSelect, value));
                case CONFIG_VECTOR -> agreed.configurationVector = transport.vector((int) value & 0xffff);
                case QUEUE_SELECT -> transport.queueSelect = (int) value & 0xffff;
                default -> selected(at, size, value);
            }
        }
    }

    private static long withHalf(long old, int select, long value) {
        long half = value & 0xffff_ffffL;
        return switch (select) {
            case 0 -> old & 0xffff_ffff_0000_0000L | half;
            case 1 -> old & 0xffff_ffffL | half << 32;
            default -> old;
        };
    }

    private void selected(int at, int size, long value) {
        if (transport.queueSelect >= transport.setups.size()) {
            return;
        }
        QueueSetup queue = transport.setups.get(transport.queueSelect);
        switch (at) {
            case QUEUE_VECTOR -> queue.vector = transport.vector((int) value & 0xffff);
            case QUEUE_ENABLE -> {
                if ((value & 0xffff) == 1) {
                    transport.enable(queue);
                }
            }
            case QUEUE_RESET -> {
                if ((value & 0xffff) == 1) {
                    transport.reset(queue);
                }
            }
            default -> {
                if (!queue.enabled) {
                    place(queue, at, size, value);
                }
            }
        }
    }

    /** Where a queue is cannot change while it is enabled (4.1.4.3.2). */
    private void place(QueueSetup queue, int at, int size, long value) {
        switch (at) {
            case QUEUE_SIZE -> queue.resize((int) value & 0xffff, transport.packed());
            case QUEUE_DESC, QUEUE_DESC + 4 ->
                queue.descriptors = withPart(queue.descriptors, at - QUEUE_DESC, size, value);
            case QUEUE_DRIVER, QUEUE_DRIVER + 4 ->
                queue.driver = withPart(queue.driver, at - QUEUE_DRIVER, size, value);
            case QUEUE_DEVICE, QUEUE_DEVICE + 4 ->
                queue.device = withPart(queue.device, at - QUEUE_DEVICE, size, value);
            default -> {
                // Read-only, or nothing.
            }
        }
    }

    private static long withPart(long old, int from, int size, long value) {
        return size == 8 ? value : withHalf(old, from / 4, value);
    }
}
