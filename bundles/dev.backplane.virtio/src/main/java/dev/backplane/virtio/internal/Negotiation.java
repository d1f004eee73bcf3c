package dev.backplane.virtio.internal;

import dev.backplane.api.device.virtio.VirtioState;
import dev.backplane.api.state.StateException;

/** What driver and device have agreed on: status, features, generation of the configuration (2.1 to 2.5). The transport's monitor guards it. */
final class Negotiation {
    private final long offered;
    int status;
    private long driverFeatures;
    /** Which halves of the features are accessed. */
    int deviceFeatureSelect;

    int driverFeatureSelect;
    int generation;
    int configurationVector = QueueSetup.NO_VECTOR;

    Negotiation(long offered) {
        this.offered = offered;
    }

    long offered() {
        return offered;
    }

    long driverFeatures() {
        return driverFeatures;
    }

    boolean has(long feature) {
        return (driverFeatures & feature) != 0;
    }

    /** Ignored once the negotiation is over (3.1.1). */
    void driverFeatures(long value) {
        if (!isOver()) {
            driverFeatures = value;
        }
    }

    /** Whether features cannot change any more. */
    boolean isOver() {
        return (status & Status.FEATURES_OK) != 0;
    }

    boolean driverIsReady() {
        return (status & (Status.DRIVER_OK | Status.FAILED)) == Status.DRIVER_OK;
    }

    /** The driver writes its status, not zero. */
    void advance(int value) {
        // A driver only sets bits (2.1.1).
        int next = status | value & ~Status.NEEDS_RESET & 0xff;
        if ((next & Status.FEATURES_OK) != 0 && !isOver() && !accepted()) {
            next &= ~Status.FEATURES_OK;
        }
        status = next;
    }

    /** A subset of what is offered, and not the interface of before 1.0, which is not there. */
    private boolean accepted() {
        return (driverFeatures & ~offered) == 0 && has(Feature.VERSION_1);
    }

    /** A reset of the device (2.4). The generation goes on: what a driver has read before is not what it reads now. */
    void forget() {
        status = 0;
        driverFeatures = 0;
        deviceFeatureSelect = 0;
        driverFeatureSelect = 0;
        configurationVector = QueueSetup.NO_VECTOR;
    }

    void configurationChanged() {
        generation = generation + 1 & 0xff;
    }

    void restore(VirtioState state) throws StateException {
        if ((state.driverFeatures() & ~offered) != 0) {
            throw new StateException("the driver has accepted features 0x%x that are not offered any more: 0x%x"
                    .formatted(state.driverFeatures(), state.driverFeatures() & ~offered));
        }
        status = state.status() & 0xff;
        driverFeatures = state.driverFeatures();
        deviceFeatureSelect = state.deviceFeatureSelect();
        driverFeatureSelect = state.driverFeatureSelect();
        generation = state.configurationGeneration() & 0xff;
        configurationVector = state.configurationVector() & 0xffff;
    }
}
