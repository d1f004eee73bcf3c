package dev.backplane.testkit;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.NetworkBackend;
import dev.backplane.api.network.NetworkPort;
import dev.backplane.api.network.Offload;
import dev.backplane.api.state.StateException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every network promises. Extend it in a network's own tests and say how frames get through it.
 *
 * @param <O> the network's options
 * @param <S> its state
 */
@Timeout(120)
public abstract class NetworkContract<O extends Record, S extends Record> {
    private static final int CYCLES = 100;
    private static final int SWAPS = 20;
    private static final int FRAMES = 3000;
    private static final int DAMAGED_STATES = 200;

    /**
     * The network under test.
     *
     * @return stateless, but for what it finds on the host
     */
    protected abstract NetworkBackend<O, S> backend();

    /**
     * The options to test with.
     *
     * @return options that the network takes, always the same
     */
    protected abstract O options();

    /**
     * Sends frames to the far end and has it answer, and checks that both arrive as they were sent.
     *
     * @param bench a port that runs
     * @param random what frames may be made from
     * @throws Exception when they do not arrive
     */
    protected abstract void exchange(NetworkBench<O, S> bench, Random random) throws Exception;

    private static Random random() {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        return new Random(seed);
    }

    private NetworkBench<O, S> plug() {
        return NetworkBench.plug(backend(), options());
    }

    @Test
    final void framesPassWhateverIsReplaced() throws Exception {
        Random random = random();
        try (NetworkBench<O, S> bench = plug()) {
            for (int i = 0; i < SWAPS; i++) {
                exchange(bench, random);
                if (random.nextBoolean()) {
                    bench.swap();
                } else {
                    bench.swapAndRollBack();
                }
            }
            exchange(bench, random);
            assertEquals(List.of(), bench.machine().failures());
        }
    }

    @Test
    final void whateverAGuestSendsFramesPassAfterwards() throws Exception {
        Random random = random();
        try (NetworkBench<O, S> bench = plug()) {
            Frame frame = new Frame();
            for (int i = 0; i < FRAMES; i++) {
                byte[] bytes = new byte[random.nextInt(i % 16 == 0 ? Frame.MOST_BYTES : 200)];
                random.nextBytes(bytes);
                disguise(bytes, random);
                frame.set(bytes);
                if (bench.port().offloads().contains(Offload.CHECKSUM) && random.nextBoolean()) {
                    frame.withChecksumToDo(sixteenBits(random), sixteenBits(random));
                }
                bench.port().send(frame);
                if (i % 7 == 0) {
                    bench.port().receive(frame);
                }
            }
            while (bench.port().receive(frame)) {
                // What came of it is none of the exchange's business.
            }
            exchange(bench, random);
            assertEquals(List.of(), bench.machine().failures());
        }
    }

    /** Makes some of it look like what a network understands, so that it is looked at more closely. */
    private static void disguise(byte[] bytes, Random random) {
        int[] types = {0x0800, 0x86dd, 0x0806, 0x8100};
        if (bytes.length >= 34) {
            int type = types[random.nextInt(types.length)];
            bytes[12] = (byte) (type >>> 8);
            bytes[13] = (byte) type;
            bytes[14] = (byte) (random.nextBoolean() ? 0x45 : 0x60 + random.nextInt(16));
            bytes[23] = (byte) (random.nextBoolean() ? 6 : 17);
            if (random.nextInt(3) == 0) {
                Arrays.fill(bytes, 0, 6, (byte) 0xff);
            }
        }
    }

    /** Small ones as often as large ones. */
    private static int sixteenBits(Random random) {
        return random.nextInt(1 << random.nextInt(1, 17));
    }

    @Test
    final void aGuestThatTakesNothingCostsNoMoreThanTheFrames() throws Exception {
        Random random = random();
        try (NetworkBench<O, S> bench = plug()) {
            exchange(bench, random);
            byte[] frame = new byte[1500];
            Arrays.fill(frame, 0, 6, (byte) 0xff);
            for (int i = 0; i < FRAMES; i++) {
                bench.send(frame);
            }
            assertEquals(List.of(), bench.machine().failures());
        }
    }

    @Test
    final void whatItSaysOfItselfIsWithinBoundsAndStays() {
        try (NetworkBench<O, S> bench = plug()) {
            NetworkPort<S> port = bench.port();
            int mtu = port.mtuBytes();
            assertTrue(mtu >= 68 && mtu <= 65_535, () -> "an MTU of " + mtu);
            var offloads = port.offloads();
            bench.swap();
            assertEquals(mtu, bench.port().mtuBytes());
            assertEquals(offloads, bench.port().offloads());
        }
    }

    @Test
    final void itsStateDeclaresItsVersionAndReadsWhatItWrites() {
        try (NetworkBench<O, S> bench = plug()) {
            Promises.stateIsVersioned(bench.swap());
        }
    }

    @Test
    final void aDamagedStateIsRefusedOrHarmless() throws Exception {
        Random random = random();
        try (NetworkBench<O, S> bench = plug()) {
            exchange(bench, random);
            S state = bench.swap();
            for (int i = 0; i < DAMAGED_STATES; i++) {
                S damaged = damage(state, random);
                assertDoesNotThrow(
                        () -> {
                            try {
                                bench.rehearse(damaged);
                            } catch (StateException refused) {
                                assertNotNull(refused.getMessage());
                            }
                        },
                        () -> "state " + PlainState.render(damaged));
            }
            exchange(bench, random);
        }
    }

    /** Changes one number, flag or array of the state. */
    private static <S extends Record> S damage(S state, Random random) {
        Map<String, Object> tree = new HashMap<>(PlainState.encode(state));
        List<String> names = tree.keySet().stream().sorted().toList();
        if (!names.isEmpty()) {
            String name = names.get(random.nextInt(names.size()));
            tree.compute(name, (same, value) -> value == null ? null : damaged(value, random));
        }
        @SuppressWarnings("unchecked")
        S damaged = (S) PlainState.decode(state.getClass(), tree);
        return damaged;
    }

    private static Object damaged(Object value, Random random) {
        return switch (value) {
            case Long number -> (long) (random.nextBoolean() ? random.nextInt() : random.nextInt(-2, 300));
            case Boolean flag -> !flag;
            case byte[] bytes -> {
                byte[] other = new byte[random.nextBoolean() ? bytes.length : random.nextInt(1 << 17)];
                random.nextBytes(other);
                yield other;
            }
            default -> value;
        };
    }

    @Test
    final void aHundredLivesLeaveNothingBehind() throws Exception {
        try (NetworkBench<O, S> warm = plug()) {
            warm.swap();
        }
        long before = Promises.descriptors();
        for (int i = 0; i < CYCLES; i++) {
            NetworkBench<O, S> bench = plug();
            bench.send(new byte[60]);
            bench.swap();
            bench.close();
            assertTrue(bench.tasksEnd(), "a task of the part still runs after life " + i);
        }
        assertEquals(before, Promises.descriptors(), "open descriptors");
    }
}
