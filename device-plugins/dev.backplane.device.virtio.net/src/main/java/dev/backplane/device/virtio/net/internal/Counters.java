package dev.backplane.device.virtio.net.internal;

import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What has passed since the part was made, and what has not. Any thread. */
final class Counters {
    final LongAdder sentFrames = new LongAdder();
    final LongAdder sentBytes = new LongAdder();
    final LongAdder sentDropped = new LongAdder();
    final LongAdder receivedFrames = new LongAdder();
    final LongAdder receivedBytes = new LongAdder();
    final LongAdder receivedDropped = new LongAdder();

    Map<String, Long> all() {
        return Map.of(
                "sent-frames",
                sentFrames.sum(),
                "sent-bytes",
                sentBytes.sum(),
                "sent-dropped",
                sentDropped.sum(),
                "received-frames",
                receivedFrames.sum(),
                "received-bytes",
                receivedBytes.sum(),
                "received-dropped",
                receivedDropped.sum());
    }
}
