package dev.backplane.virtio.internal;

import dev.backplane.api.device.virtio.Virtqueue;
import java.util.Map;

/** A queue while the device is active. */
interface RingQueue extends Virtqueue {
    /** Whether it gives no further chain, so that a device under load, or one whose driver never lets it end, comes to rest. */
    void rest(boolean rests);

    /** How it stands: see {@link dev.backplane.api.device.virtio.VirtioPort#statistics}. Any thread. */
    void count(String prefix, Map<String, Long> into);

    /** The device does not touch it any more: writes down where it has got to, and gives memory back. */
    void end(QueueSetup setup);
}
