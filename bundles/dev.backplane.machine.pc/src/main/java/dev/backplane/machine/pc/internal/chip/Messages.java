package dev.backplane.machine.pc.internal.chip;

import dev.backplane.api.cpu.Partition;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Message-signalled interrupts on their way to the engine. Where there is none they wait for the next one; an engine that is being
 * replaced may have taken a message that is sent again, which makes a handler look in vain at worst. Any thread; allocates nothing
 * while there is an engine.
 */
public final class Messages {
    private final Set<Message> waiting = new LinkedHashSet<>();
    private volatile @Nullable Partition engine;

    /** A write to the local APICs' range of addresses (Intel SDM 3A, 12.11). */
    private record Message(long address, int data) {}

    /** No engine, nothing waits. */
    public Messages() {}

    /** Names the engine; what waits is sent to it. */
    public void connect(@Nullable Partition next) {
        engine = next;
        drain();
    }

    /**
     * Sends a message.
     *
     * @param address its address
     * @param data its data
     */
    public void send(long address, int data) {
        Partition to = engine;
        if (to != null) {
            to.message(address, data);
        }
        if (to == null || to != engine) {
            synchronized (this) {
                waiting.add(new Message(address, data));
            }
            drain();
        }
    }

    private void drain() {
        for (Partition to = engine; to != null; to = engine) {
            Message next = take();
            if (next == null) {
                return;
            }
            send(next.address, next.data);
        }
    }

    private synchronized @Nullable Message take() {
        if (waiting.isEmpty()) {
            return null;
        }
        Message first = waiting.iterator().next();
        waiting.remove(first);
        return first;
    }

    /** Nothing waits any more: the machine is reset. */
    public synchronized void reset() {
        waiting.clear();
    }

    /** What waits: an address and its data, one after the other. */
    public synchronized long[] save() {
        List<Long> words = new ArrayList<>();
        for (Message message : waiting) {
            words.add(message.address);
            words.add((long) message.data);
        }
        return words.stream().mapToLong(Long::longValue).toArray();
    }

    /** Goes on from a saved state. */
    public synchronized void restore(long[] words) {
        waiting.clear();
        for (int i = 0; i + 1 < words.length; i += 2) {
            waiting.add(new Message(words[i], (int) words[i + 1]));
        }
    }
}
