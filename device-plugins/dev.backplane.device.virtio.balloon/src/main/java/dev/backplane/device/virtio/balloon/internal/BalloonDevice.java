package dev.backplane.device.virtio.balloon.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.device.virtio.VirtioDevice;
import dev.backplane.api.device.virtio.VirtioPort;
import dev.backplane.api.device.virtio.Virtqueue;
import dev.backplane.api.part.Configurable;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Measured;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A balloon (virtio 1.2, 5.5). What the guest puts into it goes back to the host; what it takes out comes back when it is touched, so
 * that nothing happens then.
 */
final class BalloonDevice implements Device<BalloonState>, VirtioDevice, Configurable<BalloonOptions>, Measured {
    private static final int NONE = -1;

    private final GuestClock clock;
    private final GuestTimer timer;
    private final Pages pages;
    private final StatisticsQueue statistics = new StatisticsQueue();
    private VirtioPort port;
    private volatile BalloonOptions options;
    private volatile int actual;
    private volatile List<Virtqueue> queues = List.of();
    private volatile int statisticsQueue = NONE;
    private volatile int reportingQueue = NONE;

    BalloonDevice(BalloonOptions options, DeviceContext context, int actual) {
        this.options = options;
        this.actual = actual;
        clock = context.clock();
        timer = context.timer(this::askAgain);
        pages = new Pages(context.memory());
    }

    /** Connects it. */
    BalloonDevice on(VirtioPort transport) {
        port = transport;
        return this;
    }

    @Override
    public void configure(BalloonOptions next) {
        boolean other = next.targetPages() != options.targetPages();
        options = next;
        arm();
        if (other) {
            port.configurationChanged();
        }
    }

    /** The guest's latest statistics by the specification's names, and the balloon's own. */
    @Override
    public Map<String, Long> statistics() {
        Map<String, Long> all = new TreeMap<>(statistics.latest());
        all.put("balloon-bytes", Integer.toUnsignedLong(actual) << BalloonLayout.PAGE_SHIFT);
        all.put("target-bytes", options.target());
        all.put("released-bytes", pages.releasedBytes());
        all.put("refused", pages.refused());
        return all;
    }

    // The virtio device

    @Override
    public void activate(long features, List<Virtqueue> active) {
        int next = BalloonLayout.FIRST_OPTIONAL;
        statisticsQueue = has(features, BalloonLayout.F_STATS_VQ) ? next++ : NONE;
        reportingQueue = has(features, BalloonLayout.F_REPORTING) ? next : NONE;
        statistics.connect(statisticsQueue == NONE ? null : active.get(statisticsQueue));
        queues = active;
    }

    private static boolean has(long features, int bit) {
        return (features >> bit & 1) != 0;
    }

    @Override
    public void deactivate(Deadline deadline) {
        statistics.disconnect();
        queues = List.of();
    }

    @Override
    public void process(int number) {
        if (number == statisticsQueue) {
            statistics.process();
            return;
        }
        Virtqueue queue = queues.get(number);
        for (DescriptorChain chain = queue.next(); chain != null; chain = queue.next()) {
            if (number == BalloonLayout.INFLATE) {
                pages.releaseNumbered(chain);
            } else if (number == reportingQueue) {
                pages.releaseReported(chain);
            }
            queue.complete(chain, 0);
        }
    }

    private void askAgain() {
        statistics.ask();
        arm();
    }

    private void arm() {
        BalloonOptions now = options;
        if (now.statistics().isZero()) {
            timer.cancel();
        } else {
            timer.arm(clock.nanos() + now.statistics().toNanos());
        }
    }

    @Override
    public long readConfiguration(int offset, int size) {
        long both = Integer.toUnsignedLong(options.targetPages()) | (long) actual << 8 * BalloonLayout.ACTUAL;
        return both >>> 8 * offset & -1L >>> 64 - 8 * size;
    }

    /** The driver says how many pages are in it (5.5.6.1); the field is written as a whole. */
    @Override
    public void writeConfiguration(int offset, int size, long value) {
        if (offset == BalloonLayout.ACTUAL && size == Integer.BYTES) {
            actual = (int) value;
        }
    }

    // The part

    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        timer.cancel();
        port.quiesce(deadline);
    }

    @Override
    public BalloonState save() {
        return new BalloonState(actual, port.save());
    }

    @Override
    public void resume(Resumption why) {
        port.resume();
        arm();
    }

    @Override
    public void reset(ResetKind kind) {
        actual = 0;
        port.reset();
    }

    @Override
    public void close() {
        timer.close();
        port.close();
    }
}
