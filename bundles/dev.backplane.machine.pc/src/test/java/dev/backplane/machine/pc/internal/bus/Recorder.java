package dev.backplane.machine.pc.internal.bus;

import dev.backplane.api.device.RegisterHandler;
import java.util.ArrayList;
import java.util.List;

/** Notes what it is asked, in one list for several handlers. */
record Recorder(String name, List<String> log, long answer) implements RegisterHandler {
    Recorder(String name, long answer) {
        this(name, new ArrayList<>(), answer);
    }

    @Override
    public long read(long offset, int size) {
        log.add("%s r%d+%d".formatted(name, size, offset));
        return answer;
    }

    @Override
    public void write(long offset, int size, long value) {
        log.add("%s w%d+%d=%x".formatted(name, size, offset, value));
    }
}
