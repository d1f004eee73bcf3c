package dev.backplane.virtio.internal;

import dev.backplane.api.device.virtio.Virtqueue;

/** A queue while the device is active. */
interface RingQueue extends Virtqueue {
    /** Whether it gives no further chain, so that a device under load, or one whose driver never lets it end, comes to rest. */
    void rest(boolean rests);

    /** The device does not touch it any more: writes down where it has got to, and gives memory back. */
    void end(QueueSetup setup);
}
