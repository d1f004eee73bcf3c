package dev.backplane.network.user.internal;

import dev.backplane.api.network.Frame;

/** Where frames for the guest go. */
@FunctionalInterface
interface FrameSink {
    /**
     * Gives a frame to the guest. Does not block; the frame is the caller's again when it returns.
     *
     * @param frame the frame
     * @return whether it was taken; where it was not, {@link Stack#writable} follows once there is room
     */
    boolean send(Frame frame);
}
