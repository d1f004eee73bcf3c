package dev.backplane.kernel.internal.bay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.ParkedAccess;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.Window;
import dev.backplane.api.part.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Doorbells of a window whose part comes and goes. */
@Timeout(60)
class GateTest {
    private static final Window WINDOW = new Window("regs", Window.Space.MEMORY, 0, 0x1000);

    private final List<String> failures = new ArrayList<>();
    private final Gate gate =
            new Gate(WINDOW, (window, offset, handler, thrown) -> failures.add("%x %s".formatted(offset, thrown)));
    private final Runnable bell = gate.doorbell(0x30, 4, 7);

    /** Notes what is written. */
    private static final class Recorder implements RegisterHandler {
        private final List<String> writes = new ArrayList<>();

        @Override
        public long read(long offset, int size) {
            return 0;
        }

        @Override
        public void write(long offset, int size, long value) {
            writes.add("%x/%d %x".formatted(offset, size, value));
        }
    }

    private static CallGate open() {
        CallGate calls = new CallGate();
        calls.open();
        return calls;
    }

    @Test
    void aBellIsAWriteToThePartThatIsThere() {
        Recorder part = new Recorder();
        gate.open(part, open());
        bell.run();
        bell.run();
        assertEquals(List.of("30/4 7", "30/4 7"), part.writes);
    }

    @Test
    void whatRingsWhileNoPartIsThereIsKeptForTheNextOne() {
        bell.run();
        bell.run();
        Recorder first = new Recorder();
        CallGate calls = open();
        gate.open(first, calls);
        assertEquals(List.of("30/4 7"), first.writes, "once");
        gate.close();
        bell.run();
        calls.close();
        bell.run();
        assertThrows(ParkedAccess.class, () -> gate.write(0x30, 4, 7), "a vCPU's own write waits where it is");
        Recorder second = new Recorder();
        gate.open(second, open());
        assertEquals(1, first.writes.size());
        assertEquals(List.of("30/4 7"), second.writes);
    }

    @Test
    void aDeviceThatStartsAnewDoesNotHearWhatRangBefore() {
        bell.run();
        gate.forgetBells();
        Recorder part = new Recorder();
        gate.open(part, open());
        assertEquals(List.of(), part.writes);
    }

    @Test
    void aPartThatThrowsIsReportedAndItsSuccessorHearsTheBell() {
        RegisterHandler bad = new RegisterHandler() {
            @Override
            public long read(long offset, int size) {
                return 0;
            }

            @Override
            public void write(long offset, int size, long value) {
                // As its bay does when it hears of the failure.
                gate.close();
                throw new IllegalStateException("bad");
            }
        };
        gate.open(bad, open());
        bell.run();
        assertEquals(List.of("30 java.lang.IllegalStateException: bad"), failures);
        Recorder next = new Recorder();
        gate.open(next, open());
        assertEquals(List.of("30/4 7"), next.writes);
    }

    @Test
    void aRingUnderWayIsACallThatTheClosingWaitsFor() throws Exception {
        AtomicBoolean inside = new AtomicBoolean();
        AtomicBoolean leave = new AtomicBoolean();
        RegisterHandler slow = new RegisterHandler() {
            @Override
            public long read(long offset, int size) {
                return 0;
            }

            @Override
            public void write(long offset, int size, long value) {
                inside.set(true);
                while (!leave.get()) {
                    Thread.onSpinWait();
                }
            }
        };
        CallGate calls = open();
        gate.open(slow, calls);
        Thread ringer = Thread.ofPlatform().start(bell);
        while (!inside.get()) {
            Thread.onSpinWait();
        }
        gate.close();
        calls.close();
        assertTrue(!calls.awaitIdle(Deadline.in(Duration.ofMillis(1))));
        leave.set(true);
        assertTrue(calls.awaitIdle(Deadline.in(Duration.ofSeconds(30))));
        ringer.join();
    }

    /** Whatever comes between, the last ring is heard after it was rung. */
    @Test
    void noRingIsLostWhileTheGateOpensAndCloses() throws Exception {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        AtomicLong rung = new AtomicLong();
        AtomicLong heard = new AtomicLong();
        RegisterHandler part = new RegisterHandler() {
            @Override
            public long read(long offset, int size) {
                return 0;
            }

            @Override
            public void write(long offset, int size, long value) {
                heard.accumulateAndGet(rung.get(), Math::max);
            }
        };
        AtomicBoolean over = new AtomicBoolean();
        Thread doors = Thread.ofPlatform().start(() -> {
            CallGate calls = open();
            while (!over.get()) {
                if (random.nextBoolean()) {
                    calls = open();
                } else {
                    calls.open();
                }
                gate.open(part, calls);
                for (int spins = random.nextInt(200); spins > 0; spins--) {
                    Thread.onSpinWait();
                }
                gate.close();
                calls.close();
            }
            calls.open();
            gate.open(part, calls);
        });
        for (int i = 0; i < 200_000; i++) {
            rung.incrementAndGet();
            bell.run();
        }
        over.set(true);
        doors.join();
        assertEquals(rung.get(), heard.get());
        assertEquals(List.of(), failures);
    }
}
