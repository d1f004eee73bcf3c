package dev.backplane.testkit;

import dev.backplane.api.device.pci.PciPort;
import java.util.ArrayList;
import java.util.List;

/** A PCI port that records. It belongs to the bay and outlives the parts. */
public final class RecordedPort implements PciPort {
    private final RecordedLine pin = new RecordedLine();
    private final List<Integer> messages = new ArrayList<>();
    private boolean enabled;

    /**
     * The guest switches between messages and the pin.
     *
     * @param on whether messages are enabled
     */
    public synchronized void enableMessages(boolean on) {
        enabled = on;
    }

    @Override
    public synchronized boolean messagesEnabled() {
        return enabled;
    }

    @Override
    public synchronized void message(int vector) {
        if (enabled) {
            messages.add(vector);
        }
    }

    /**
     * The messages since the last call.
     *
     * @return their vectors, oldest first
     */
    public synchronized List<Integer> takeMessages() {
        List<Integer> taken = List.copyOf(messages);
        messages.clear();
        return taken;
    }

    @Override
    public RecordedLine pin() {
        return pin;
    }
}
