package dev.backplane.network.vswitch.internal;

import java.util.HashMap;
import java.util.Map;

/** The switches of this process, by name: each lives as long as somebody holds it. Any thread. */
final class Switches {
    private final Map<String, Entry> switches = new HashMap<>();

    private static final class Entry {
        final Switch value = new Switch();
        int holds;
    }

    /** One port's hold on a switch. */
    final class Hold {
        private final String name;
        private final Switch held;
        private boolean closed;

        private Hold(String name, Switch held) {
            this.name = name;
            this.held = held;
        }

        Switch get() {
            return held;
        }

        /** Lets go. A second call does nothing. */
        void close(SwitchPort port) {
            held.detach(port);
            synchronized (switches) {
                if (closed) {
                    return;
                }
                closed = true;
                Entry entry = switches.get(name);
                if (entry != null && --entry.holds == 0) {
                    switches.remove(name);
                }
            }
        }
    }

    Hold hold(String name) {
        synchronized (switches) {
            Entry entry = switches.computeIfAbsent(name, any -> new Entry());
            entry.holds++;
            return new Hold(name, entry.value);
        }
    }
}
