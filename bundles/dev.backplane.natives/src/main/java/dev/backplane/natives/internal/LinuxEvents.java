package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.event.EventCounter;
import dev.backplane.natives.event.EventPoller;
import dev.backplane.natives.event.HostEvents;

/** Event counters and waits for them. */
final class LinuxEvents implements HostEvents {
    private final SystemCalls calls;

    LinuxEvents(SystemCalls calls) {
        this.calls = calls;
    }

    @Override
    public EventCounter counter() throws HostException {
        return new LinuxEventCounter(calls);
    }

    @Override
    public EventPoller poller() throws HostException {
        return new Epoll(calls, new LinuxEventCounter(calls));
    }
}
