package dev.backplane.kernel.internal.time;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.api.cpu.CountedVcpu;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.time.GuestTimer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VirtualClockTest {
    private static final Instant ORIGIN = Instant.parse("2026-01-02T03:04:05Z");

    private final VirtualClock clock = new VirtualClock(ORIGIN);
    private final Counter vcpu = new Counter();
    private final List<String> log = new ArrayList<>();

    private static final class Counter implements CountedVcpu {
        long executed = 1000;
        long limit = Long.MAX_VALUE;

        @Override
        public Stop run() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Stop run(long until) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void lowerLimit(long to) {
            limit = Math.min(limit, to);
        }

        @Override
        public long instructions() {
            return executed;
        }

        @Override
        public void kick() {}

        @Override
        public boolean runnable() {
            return true;
        }
    }

    @BeforeEach
    void run() {
        clock.runOn(Thread.currentThread());
    }

    private GuestTimer timer(String name) {
        return clock.timer(() -> log.add(name + "@" + clock.nanos()));
    }

    @Test
    void anInstructionIsANanosecondWhoeverExecutesItAndReadInTheMiddleOfATurn() {
        clock.begin(vcpu);
        vcpu.executed += 5;
        assertEquals(5, clock.nanos());
        assertEquals(5, clock.tsc());
        assertEquals(ORIGIN.plusNanos(5), clock.wall());
        assertEquals(5, clock.end());
        Counter other = new Counter();
        clock.begin(other);
        other.executed += 7;
        assertEquals(7, clock.end());
        assertEquals(12, clock.nanos());
    }

    @Test
    void otherThreadsSeeWhereTheTurnBegan() throws InterruptedException {
        clock.begin(vcpu);
        vcpu.executed += 5;
        long[] seen = new long[1];
        Thread.ofPlatform().start(() -> seen[0] = clock.nanos()).join();
        assertEquals(0, seen[0]);
    }

    @Test
    void timersExpireByMomentAndThoseOfOneMomentInTheOrderOfTheirArming() {
        timer("c").arm(20);
        timer("a").arm(10);
        timer("b").arm(10);
        timer("late").arm(21);
        GuestTimer moved = timer("moved");
        moved.arm(1);
        moved.arm(20);
        timer("cancelled").arm(3);
        timer("closed").arm(3);
        assertEquals(1 + 2, clock.nextTimer());
        clock.pass(20);
        clock.expire();
        assertEquals(List.of("cancelled@20", "closed@20", "a@20", "b@20", "c@20", "moved@20"), log);
        assertEquals(21, clock.nextTimer());
    }

    @Test
    void aTimerThatIsCancelledOrClosedDoesNotExpire() {
        GuestTimer cancelled = timer("cancelled");
        cancelled.arm(3);
        cancelled.cancel();
        GuestTimer closed = timer("closed");
        closed.arm(3);
        closed.close();
        closed.arm(4);
        assertEquals(Long.MAX_VALUE, clock.nextTimer());
        clock.pass(10);
        clock.expire();
        assertEquals(List.of(), log);
    }

    @Test
    void aTimerArmedWithinATurnEndsTheTurnWhereItIsDue() {
        clock.begin(vcpu);
        vcpu.executed += 5;
        timer("soon").arm(8);
        assertEquals(1008, vcpu.limit);
        timer("past").arm(2);
        assertEquals(1002, vcpu.limit);
        vcpu.executed += 3;
        clock.end();
        clock.expire();
        assertEquals(List.of("past@8", "soon@8"), log);
    }

    @Test
    void aTimerThatArmsItselfForNowExpiresOnceBetweenTwoTurns() {
        GuestTimer[] again = new GuestTimer[1];
        again[0] = clock.timer(() -> {
            log.add("again");
            again[0].arm(clock.nanos());
        });
        again[0].arm(0);
        clock.expire();
        assertEquals(List.of("again"), log);
        clock.expire();
        assertEquals(List.of("again", "again"), log);
    }
}
