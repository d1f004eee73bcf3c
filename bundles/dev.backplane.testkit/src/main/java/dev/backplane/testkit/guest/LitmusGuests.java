package dev.backplane.testkit.guest;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * Memory order between vCPUs (SDM 3A, 9.2.2 and 9.2.3): each guest does a few accesses to two fresh variables thousands of times, at
 * the same time on each vCPU as near as chance has it, and outcomes that the manual forbids must not come up.
 */
final class LitmusGuests {
    private static final int ROUNDS = 4_000;
    /** Rounds between two meetings. */
    private static final int TOGETHER = 32;

    /** Two variables for each round, in cache lines of their own. */
    private static final long VARIABLES = 0x20_0000;

    private static final long RESULTS = 0x10_0000;
    private static final long RESULT_BYTES = 0x1_0000;
    private static final long DELAYS = 0xe0000;
    private static final long DELAY_BYTES = 0x2000;
    private static final long MEETING = GuestBuilder.DATA_PAGE;
    private static final long DONE = GuestBuilder.DATA_PAGE + 0x40;
    private static final long ROLE_BYTES = 0x200;

    private static final int BELOW = 2;
    private static final int NOT_SIGN = 9;
    private static final int NOT_ZERO = 5;

    // Accesses: x is [rsi], y is [rsi + 64]; the outcome goes to eax.
    private static final String SET_X = "c70601000000";
    private static final String SET_Y = "c7464001000000";
    private static final String GET_X = "8b06";
    private static final String GET_Y = "8b4640";
    private static final String MFENCE = "0faef0";
    private static final String LOCKED_ADD = "f083042400";
    private static final String SWAP_X = "b801000000 8706";
    private static final String SWAP_Y = "b801000000 874640";
    /** First y, then x: y in bit 0, x in bit 1. */
    private static final String GET_Y_X = "8b4640 8b0e 8d0448";
    /** First x, then y: x in bit 0, y in bit 1. */
    private static final String GET_X_Y = "8b06 8b4e40 8d0448";
    /** Twice x: the first in bit 0. */
    private static final String GET_X_X = "8b06 8b0e 8d0448";

    private static final String NOTHING = "31c0";

    private LitmusGuests() {}

    static List<SmpGuest> all(long seed) {
        var random = new SplittableRandom(seed);
        var all = new ArrayList<SmpGuest>();
        for (String[] fence : new String[][] {{"MFENCE", MFENCE}, {"LOCK ADD", LOCKED_ADD}}) {
            all.add(guest(
                    random,
                    "store buffering with %s: one of two sees the other".formatted(fence[0]),
                    end -> count(end, 0, 0),
                    SET_X + fence[1] + GET_Y,
                    SET_Y + fence[1] + GET_X));
        }
        all.add(guest(
                random,
                "store buffering with XCHG: one of two sees the other",
                end -> count(end, 0, 0),
                SWAP_X + GET_Y,
                SWAP_Y + GET_X));
        all.add(guest(
                random,
                "load buffering: not both see the other's later store",
                end -> count(end, 1, 1),
                GET_X + SET_Y,
                GET_Y + SET_X));
        all.add(guest(
                random,
                "message passing: who sees the flag sees the data",
                end -> count(end, -1, 1),
                SET_X + SET_Y + NOTHING,
                GET_Y_X));
        all.add(guest(
                random,
                "one variable: who sees the new value does not see the old one again",
                end -> count(end, -1, 1),
                SET_X + NOTHING,
                GET_X_X));
        all.add(guest(
                random,
                "two writers, two readers: both see one order",
                end -> count(end, -1, -1, 1, 1),
                SET_X + NOTHING,
                SET_Y + NOTHING,
                GET_X_Y,
                GET_Y_X));
        all.add(guest(
                random,
                "two writers with XCHG, two readers: both see one order",
                end -> count(end, -1, -1, 1, 1),
                SWAP_X + NOTHING,
                SWAP_Y + NOTHING,
                GET_X_Y,
                GET_Y_X));
        all.add(toDevice(random));
        all.add(fromDevice(random));
        all.add(withDevice(random));
        return all;
    }

    /** How many rounds had an outcome; -1 is any. */
    private static long count(GuestEnd end, int... outcome) {
        long rounds = 0;
        for (int round = 0; round < ROUNDS; round++) {
            boolean same = true;
            for (int role = 0; role < outcome.length; role++) {
                long result = end.memory(RESULTS + role * RESULT_BYTES + 4L * round, 4);
                same &= outcome[role] < 0 || result == outcome[role];
            }
            rounds += same ? 1 : 0;
        }
        return rounds;
    }

    private static SmpGuest guest(
            SplittableRandom random, String name, ToLongFunction<GuestEnd> forbidden, String... roles) {
        return make(random, name, roles.length, SmpGuest.NONE, forbidden, roles);
    }

    private static SmpGuest make(
            SplittableRandom random,
            String name,
            int parties,
            SmpGuest.Device device,
            ToLongFunction<GuestEnd> forbidden,
            String... roles) {
        var builder = GuestBuilder.guest("3A 9.2", name).long64();
        var entries = new ArrayList<Long>();
        var delays = new byte[roles.length][ROUNDS];
        for (int role = 0; role < roles.length; role++) {
            long place = GuestBuilder.CODE + role * ROLE_BYTES;
            entries.add(place);
            builder.codeAt(place, party(role, parties, roles[role]));
            for (int round = 0; round < ROUNDS; round++) {
                delays[role][round] = (byte) (random.nextInt(3) == 0 ? random.nextInt(40) : random.nextInt(3));
            }
        }
        SmallGuest guest = builder.expect("forbidden outcomes", forbidden, 0)
                .expect("who has come to the end", end -> end.memory(DONE, 4), parties)
                .build();
        return new SmpGuest(withDelays(guest, delays), roles.length, entries, false, device);
    }

    /** The image ends before the delays: a longer one. */
    private static SmallGuest withDelays(SmallGuest guest, byte[][] delays) {
        byte[] image = java.util.Arrays.copyOf(guest.image(), (int) (DELAYS + delays.length * DELAY_BYTES));
        for (int role = 0; role < delays.length; role++) {
            System.arraycopy(delays[role], 0, image, (int) (DELAYS + role * DELAY_BYTES), ROUNDS);
        }
        return new SmallGuest(
                guest.section(), guest.name(), guest.model(), guest.start(), image, guest.ending(), guest.expected());
    }

    /** The loop of one vCPU: ebx counts rounds. */
    private static Consumer<Asm> party(int role, int parties, String accesses) {
        return a -> {
            a.mov(Asm.SI, VARIABLES)
                    .mov(Asm.DI, RESULTS + role * RESULT_BYTES)
                    .mov(Asm.BP, DELAYS + role * DELAY_BYTES)
                    .hex("31db")
                    .label("round")
                    .hex("f6c3%02x".formatted(TOGETHER - 1))
                    .jcc(NOT_ZERO, "delay")
                    // ecx = (round / 32 + 1) * parties; lock inc dword [MEETING]
                    .hex("89d9 c1e905 ffc1 69c9" + little(parties))
                    .hex("f0ff0425" + little(MEETING))
                    .label("meet")
                    .hex("f390 8b0425" + little(MEETING) + "39c8")
                    .jcc(BELOW, "meet")
                    .label("delay")
                    .hex("0fb64c1d00")
                    .label("wait")
                    .hex("ffc9")
                    .jcc(NOT_SIGN, "wait")
                    .hex(accesses)
                    .hex("89049f 4883ee80 ffc3 81fb" + little(ROUNDS))
                    .jcc(BELOW, "round")
                    .hex("f0ff0425" + little(DONE));
            if (role == 0) {
                a.label("rest")
                        .hex("f390 8b0425" + little(DONE) + "3d" + little(parties))
                        .jcc(BELOW, "rest")
                        .end();
            } else {
                a.label("stop").cli().hlt().jmp("stop");
            }
        };
    }

    static String little(long value) {
        return "%08x".formatted(Integer.reverseBytes((int) value));
    }

    // ---- against a device's thread
    // --------------------------------------------------------------------------------------

    private static SmpGuest toDevice(SplittableRandom random) {
        return make(
                random,
                "message passing to a device: what is flagged is there",
                2,
                bus -> {
                    var memory = new DeviceMemory(bus);
                    for (int round = 0; round < ROUNDS && memory.meet(MEETING, round); round++) {
                        long y = memory.acquire(VARIABLES + 128L * round + 64);
                        long x = memory.plain(VARIABLES + 128L * round);
                        memory.release(RESULTS + RESULT_BYTES + 4L * round, (int) (y + 2 * x));
                    }
                    memory.done(DONE);
                },
                end -> count(end, -1, 1),
                SET_X + SET_Y + NOTHING);
    }

    private static SmpGuest fromDevice(SplittableRandom random) {
        return make(
                random,
                "message passing from a device: what it flagged is there",
                2,
                bus -> {
                    var memory = new DeviceMemory(bus);
                    for (int round = 0; round < ROUNDS && memory.meet(MEETING, round); round++) {
                        memory.plain(VARIABLES + 128L * round, 1);
                        memory.release(VARIABLES + 128L * round + 64, 1);
                    }
                    memory.done(DONE);
                },
                end -> count(end, 1),
                GET_Y_X);
    }

    private static SmpGuest withDevice(SplittableRandom random) {
        return make(
                random,
                "store buffering with a device: one of two sees the other",
                2,
                bus -> {
                    var memory = new DeviceMemory(bus);
                    for (int round = 0; round < ROUNDS && memory.meet(MEETING, round); round++) {
                        memory.volatileStore(VARIABLES + 128L * round + 64, 1);
                        long x = memory.volatileLoad(VARIABLES + 128L * round);
                        memory.release(RESULTS + RESULT_BYTES + 4L * round, (int) x);
                    }
                    memory.done(DONE);
                },
                end -> count(end, 0, 0),
                SET_X + MFENCE + GET_Y);
    }
}
