package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.part.Option;

/**
 * The rest is the machine's, or the host's.
 *
 * @param events whether doorbells and interrupts go by event counters
 */
public record KvmOptions(
        @Option(
                value =
                        "Whether a guest's notifications of devices, and their interrupts, go by event counters of the host "
                                + "(ioeventfd, irqfd) and not by exits and calls.",
                byDefault = "true")
        boolean events) {
    /** The defaults. */
    public KvmOptions() {
        this(true);
    }
}
