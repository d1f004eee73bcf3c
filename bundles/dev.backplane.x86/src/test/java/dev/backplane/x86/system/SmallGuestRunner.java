package dev.backplane.x86.system;

import dev.backplane.api.cpu.VcpuState.Activity;
import dev.backplane.api.state.StateException;
import dev.backplane.testkit.guest.GuestEnd;
import dev.backplane.testkit.guest.SmallGuest;
import dev.backplane.x86.interp.Stop;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** Runs small guests on the interpreter alone: block by block, one instruction a time, and up to every count. */
final class SmallGuestRunner {
    private static final int MOST_INSTRUCTIONS = 200_000;

    private enum Way {
        BLOCKS,
        STEPS,
        COUNTS
    }

    private SmallGuestRunner() {}

    static Stream<DynamicTest> tests(List<SmallGuest> guests) {
        return guests.stream().map(guest -> DynamicTest.dynamicTest(guest.toString(), () -> check(guest)));
    }

    static void check(SmallGuest guest) throws StateException {
        for (Way way : Way.values()) {
            try {
                guest.check(run(guest, way));
            } catch (AssertionError e) {
                throw new AssertionError("executed by " + way + ": " + e.getMessage(), e);
            }
        }
    }

    private static GuestEnd run(SmallGuest guest, Way way) throws StateException {
        var machine = new Guest(guest.model());
        guest.place(machine.bytes);
        machine.system.load(guest.start());
        GuestEnd.Kind kind = run(machine, way);
        List<String> ports = new ArrayList<>(machine.ports);
        ports.removeIf(port -> port.startsWith("out f4 "));
        return new GuestEnd(kind, machine.system.save(Activity.ACTIVE, Optional.empty()), machine.bytes, ports);
    }

    private static GuestEnd.Kind run(Guest machine, Way way) {
        while (machine.cpu.instructions < MOST_INSTRUCTIONS) {
            Stop stop = switch (way) {
                case BLOCKS -> machine.engine.run(MOST_INSTRUCTIONS);
                case STEPS -> machine.engine.step();
                case COUNTS -> machine.engine.run(machine.cpu.instructions + 1);
            };
            if (machine.ports.stream().anyMatch(port -> port.startsWith("out f4 "))) {
                return GuestEnd.Kind.PORT;
            }
            if (stop == Stop.SHUTDOWN) {
                return GuestEnd.Kind.SHUTDOWN;
            }
            if (stop == Stop.HALTED) {
                break;
            }
        }
        return GuestEnd.Kind.ENDLESS;
    }
}
