package dev.backplane.api.device.virtio;

import java.util.ArrayList;
import java.util.List;

/**
 * What a virtio device is, as plain data: the guest sees it, so that it may not change while the device lives.
 *
 * @param deviceId the device's type (chapter 5), for instance 4 for an entropy device
 * @param classCode its PCI class code, 24 bits
 * @param features the device's own features that it offers, bits 0 to 23 and from 50; the transport adds its own
 * @param queueSizes the largest size of each queue: powers of two up to 32768 (2.7)
 * @param configurationBytes the length of its configuration, up to 4096
 * @param packedRings whether drivers may use packed rings (2.8); those that do not know them use split ones anyway
 */
public record VirtioProfile(
        int deviceId,
        int classCode,
        long features,
        List<Integer> queueSizes,
        int configurationBytes,
        boolean packedRings) {
    private static final int LARGEST_QUEUE = 32768;
    private static final int MOST_QUEUES = 1024;
    private static final int LONGEST_CONFIGURATION = 4096;
    /** Bits 24 to 49 are reserved for queues and negotiation (2.2). */
    private static final long TRANSPORT_FEATURES = (1L << 50) - (1L << 24);

    /** Copies the list and checks the bounds. */
    public VirtioProfile {
        queueSizes = List.copyOf(queueSizes);
        for (int size : queueSizes) {
            if (size < 1 || size > LARGEST_QUEUE || Integer.bitCount(size) != 1) {
                throw new IllegalArgumentException(
                        "queue of %d: expected a power of two up to %d (virtio 2.7)".formatted(size, LARGEST_QUEUE));
            }
        }
        if (queueSizes.isEmpty() || queueSizes.size() > MOST_QUEUES) {
            throw new IllegalArgumentException("%d queues: expected 1 to %d".formatted(queueSizes.size(), MOST_QUEUES));
        }
        if ((features & TRANSPORT_FEATURES) != 0) {
            throw new IllegalArgumentException(
                    "features 0x%x: bits 24 to 49 are the transport's (virtio 2.2)".formatted(features));
        }
        if (configurationBytes < 0 || configurationBytes > LONGEST_CONFIGURATION) {
            throw new IllegalArgumentException("configuration of %d bytes: expected up to %d"
                    .formatted(configurationBytes, LONGEST_CONFIGURATION));
        }
    }

    /**
     * Begins with a type.
     *
     * @param deviceId the device's type
     * @param classCode its PCI class code
     * @return no queue, no feature, no configuration
     */
    public static Builder of(int deviceId, int classCode) {
        return new Builder(deviceId, classCode);
    }

    /** Collects what a device has. */
    public static final class Builder {
        private final int deviceId;
        private final int classCode;
        private long features;
        private final List<Integer> queueSizes = new ArrayList<>();
        private int configurationBytes;
        private boolean packedRings = true;

        private Builder(int deviceId, int classCode) {
            this.deviceId = deviceId;
            this.classCode = classCode;
        }

        /**
         * One more queue.
         *
         * @param size its largest size
         * @return this
         */
        public Builder queue(int size) {
            queueSizes.add(size);
            return this;
        }

        /**
         * One more feature.
         *
         * @param bit its number
         * @return this
         */
        public Builder feature(int bit) {
            features |= 1L << bit;
            return this;
        }

        /**
         * A configuration.
         *
         * @param bytes its length
         * @return this
         */
        public Builder configuration(int bytes) {
            configurationBytes = bytes;
            return this;
        }

        /**
         * Whether packed rings are offered, which they are unless this says otherwise.
         *
         * @param offered whether they are
         * @return this
         */
        public Builder packedRings(boolean offered) {
            packedRings = offered;
            return this;
        }

        /**
         * The profile.
         *
         * @return what has been collected
         */
        public VirtioProfile build() {
            return new VirtioProfile(deviceId, classCode, features, queueSizes, configurationBytes, packedRings);
        }
    }
}
