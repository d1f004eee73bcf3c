package dev.backplane.x86.apic;

import java.util.ArrayList;
import java.util.List;

/** Local APICs on a bus, with a clock that a test moves by hand (2 GHz TSC) and a record of what they asked for. */
final class ApicFixture {
    static final int SVR_ON = 0x1ff;

    long nanos = 1_000;
    long armed = Long.MAX_VALUE;
    final List<Integer> completed = new ArrayList<>();
    final int[] wakes;
    final LocalApic[] apics;
    final ApicBus bus;

    ApicFixture(int count) {
        wakes = new int[count];
        apics = new LocalApic[count];
        for (int i = 0; i < count; i++) {
            int index = i;
            apics[i] = new LocalApic(i, clock(), new ApicPort() {
                @Override
                public void wake() {
                    wakes[index]++;
                }

                @Override
                public void endOfInterrupt(int vector) {
                    completed.add(vector);
                }

                @Override
                public void timerDue(long dueNanos) {
                    armed = dueNanos;
                }
            });
            apics[i].writePage(ApicRegister.SVR, 4, SVR_ON);
        }
        bus = new ApicBus(List.of(apics));
    }

    LocalApic apic(int index) {
        return apics[index];
    }

    void enterX2Apic() {
        for (LocalApic apic : apics) {
            if (!apic.setBase(apic.base() | 1 << 10, 0)) {
                throw new AssertionError("x2APIC refused");
            }
        }
    }

    /** Vectors in IRR, lowest first. */
    static List<Integer> requested(LocalApic apic) {
        List<Integer> vectors = new ArrayList<>();
        for (int vector = 0; vector < 256; vector++) {
            if (apic.vectors().irr().contains(vector)) {
                vectors.add(vector);
            }
        }
        return vectors;
    }

    private ApicClock clock() {
        return new ApicClock() {
            @Override
            public long nanos() {
                return nanos;
            }

            @Override
            public long tsc() {
                return nanos * 2;
            }

            @Override
            public long nanosOfTsc(long tsc) {
                return Math.ceilDiv(tsc, 2);
            }
        };
    }
}
