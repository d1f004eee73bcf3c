package dev.backplane.testkit;

import dev.backplane.api.device.InterruptLine;

/** An interrupt line that counts its rising edges. It belongs to the bay and outlives the parts that drive it. */
public final class RecordedLine implements InterruptLine {
    private boolean up;
    private int edges;

    @Override
    public synchronized void set(boolean up) {
        if (up && !this.up) {
            edges++;
        }
        this.up = up;
    }

    /**
     * The level.
     *
     * @return whether the line is asserted
     */
    public synchronized boolean isUp() {
        return up;
    }

    /**
     * Rising edges so far.
     *
     * @return how many
     */
    public synchronized int edges() {
        return edges;
    }
}
